"""Find our columns among theirs, and read single values."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from planner.formats.settings import guess
from planner.formats.table import Fault, is_hidden

LONGEST_TEXT = 200

_COMMON: dict[str, str] = {
    "id": "code 编号 代码 编码 标识 序号 @id osm_id",
    "name": "名称 名字 title label",
}

FIELDS: dict[str, dict[str, str]] = {
    "stations": {
        "id": f"{_COMMON['id']} 警务站编号 站点编号 station_id",
        "name": f"{_COMMON['name']} 警务站名称 站点名称 站名 station_name",
        "drones": "无人机数 无人机数量 无人机 架数 n_drones drone_count "
        "num_drones uavs",
        "pads": "机位 机位数 停机位 停机坪 停机坪数 机库 机库数 机巢 机巢数 n_pads "
        "pad_count docks",
        "chargers": "充电位 充电位数 充电器 充电器数 充电桩 充电桩数 n_chargers "
        "charger_count",
        "batteries": "备用电池 备用电池数 电池数 电池组数 n_batteries spare_batteries",
        "model": "型号 机型 无人机型号 drone_model",
        "district": "辖区 分局 所属分局 bureau",
    },
    "zones": {
        "id": f"{_COMMON['id']} 巡区编号 区域编号 zone_id",
        "name": f"{_COMMON['name']} 巡区名称 区域名称 zone_name",
        "kind": "类型 巡查类型 巡查方式 类别 zone_kind",
        "priority": "优先级 优先级别 重要性 重要程度 等级",
        "revisit_min": "巡查间隔 重访间隔 间隔 间隔分钟 巡查间隔分钟 间隔(分钟) "
        "巡查间隔(分钟) 巡查周期 revisit revisit_interval revisit_minutes interval "
        "interval_min interval_minutes",
        "active": "时段 巡查时段 有效时段 巡查时间 时间段 hours active_hours",
        "dwell_s": "停留秒数 停留时间 停留时长 悬停秒数 dwell",
        "dwell_s_per_km2": "每平方公里停留秒数 dwell_per_km2",
        "width_m": "宽度 河宽 路宽 宽度米 宽度(米) width",
        "district": "辖区 分局 所属分局 bureau",
    },
    "airspace": _COMMON
    | {
        "restriction": "限制 管制类型 限制类型 类型 type",
        "lower_m_amsl": "下限海拔 下限海拔高度 最低海拔 lower_amsl floor_amsl",
        "upper_m_amsl": "上限海拔 上限海拔高度 最高海拔 upper_amsl ceiling_amsl",
        "lower_m_agl": "下限 下限高度 最低高度 lower_m lower lower_limit",
        "upper_m_agl": "上限 上限高度 最高高度 upper_m upper upper_limit",
        "schedule": "时段 生效时段 hours",
        "reason": "原因 事由",
    },
    "districts": _COMMON,
    "response_teams": _COMMON | {"station_id": "站点编号 警务站编号 station depot"},
    "buildings": _COMMON
    | {
        "height_m": "高度 楼高 建筑高度 高度米 高度(米) height building_height "
        "height_agl",
    },
    "demand": {"weight": "权重 次数 警情数 警情量 数量 count calls incidents"},
    "routes": {
        "id": f"{_COMMON['id']} 航线编号 route_id",
        "depot": "警务站编号 站点编号 警务站 站点 station station_id",
        "drone_model": "型号 机型 无人机型号 model",
        "headway_min": "班次间隔 起飞间隔 航线间隔 间隔 班次间隔分钟 间隔分钟 headway "
        "headway_minutes interval_min",
        "takeoff": "起飞时刻 起飞时间 首班 first_takeoff",
        "layer_m": "高度层 飞行高度 layer",
        "holds_s": "停留秒数 悬停秒数 holds",
    },
    "water": {},
    "boundary": {},
}
"""Layer to field to the other names it is known by."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "stations": ("id", "drones"),
    "zones": ("id", "revisit_min"),
    "airspace": ("id",),
    "districts": ("id",),
    "response_teams": ("id", "station_id"),
    "buildings": ("id", "height_m"),
    "routes": ("id", "depot", "headway_min"),
}

MEANINGS: dict[str, dict[str, str]] = {
    "kind": {
        "watch": "盯守 监视 定点 看护 点位",
        "sweep": "扫查 普查 面状 覆盖 area",
        "line": "线状 沿线 线路 巡线 corridor",
    },
    "restriction": {
        "PROHIBITED": "禁飞 禁飞区 禁止 no-fly",
        "REQ_AUTHORISATION": "需授权 需审批 限飞 限飞区 req_authorization",
        "CONDITIONAL": "有条件 条件 临时管制",
    },
    "priority": {"3": "高 high", "2": "中 medium", "1": "低 low"},
}
"""Field to our value to the other words for it."""

_DBF_NAME_LENGTH = 10


def match_columns(
    layer: str, columns: Iterable[str], mapping: Mapping[str, str]
) -> tuple[dict[str, str], list[Fault]]:
    """
    Return which of their columns holds each field of ours, and what is missing.

    What the scenario maps goes first, then our own name, then other names that
    are known; of a field that is mapped to "" none is taken. A Shapefile cuts names
    to ten bytes; cut ones are known too.
    Ids are not missed: rows without them are numbered.
    """
    theirs = list(columns)
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for field, column in mapping.items():
        if not column and field in FIELDS[layer]:
            continue  # none of theirs is meant
        if field not in FIELDS[layer]:
            known = guess(field, list(FIELDS[layer]))
            faults.append(Fault("E-COLUMN-FIELD", field=field, guess=known))
        elif column not in theirs:
            near = guess(column, theirs) if theirs else "-"
            faults.append(Fault("E-COLUMN-MAPPED", column=column, guess=near))
        else:
            found[field] = column
    folded: dict[str, list[str]] = {}
    for column in theirs:
        folded.setdefault(fold(column), []).append(column)
    for field, others in FIELDS[layer].items():
        if field in found or field in mapping:
            continue
        own = folded.get(field) or folded.get(field[:_DBF_NAME_LENGTH], [])
        hits = own or [c for other in others.split() for c in folded.get(other, [])]
        hits = hits or [c for cut in _cut(layer, field) for c in folded.get(cut, [])]
        hits = [column for column in hits if column not in found.values()]
        if len(hits) > 1:
            several = ", ".join(hits)
            faults.append(Fault("E-COLUMN-AMBIGUOUS", field=field, columns=several))
        elif hits:
            found[field] = hits[0]
        elif field in REQUIRED.get(layer, ()) and field != "id" and theirs:
            near = guess(field, theirs)
            faults.append(Fault("E-COLUMN-MISSING", field=field, guess=near))
    return found, faults


@cache
def _cut(layer: str, field: str) -> frozenset[str]:
    """
    Return what a Shapefile makes of a field's other names, where it is no other's.

    It keeps ten bytes, and with them less of a Chinese name in UTF-8 than in GBK.
    """
    of = {f: _cut_names(others) for f, others in FIELDS[layer].items()}
    return of[field].difference(*(names for f, names in of.items() if f != field))


def _cut_names(others: str) -> frozenset[str]:
    whole = set(others.split())
    cut = {
        name.encode(encoding, "ignore")[:_DBF_NAME_LENGTH].decode(encoding, "ignore")
        for name in whole
        for encoding in ("utf-8", "gbk")
    }
    return frozenset(cut | whole)


def fold(text: str) -> str:
    """Return text as names are compared: without width, case and outer blanks."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def is_absent(value: Any) -> bool:
    """Whether a value is none at all: null or blank."""
    return value is None or (isinstance(value, str) and not value.strip())


def identifier(value: Any) -> str:
    """
    Return an id as text; 7 and 7.0 are "7", "007" stays itself.

    Raises
    ------
    Fault
        If it is missing, or holds what no id should.
    """
    if is_absent(value):
        raise Fault("E-ID-MISSING")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Fault("E-ID-TYPE", found=str(value)[:40])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if any(is_hidden(character) for character in text):
        raise Fault("E-ID-CHARS", found=text)
    if len(text) > LONGEST_TEXT:
        raise Fault("E-NAME-LONG", length=len(text), limit=LONGEST_TEXT)
    return text


def label(value: Any) -> tuple[str, bool]:
    """Return a text for people, and whether hidden characters were taken out."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise Fault("E-NAME-SURROGATE")
    if len(text) > LONGEST_TEXT:
        raise Fault("E-NAME-LONG", length=len(text), limit=LONGEST_TEXT)
    clean = "".join(character for character in text if not is_hidden(character))
    return clean, clean != text


def number(
    field: str, value: Any, low: float, high: float, *, above: bool = False
) -> float:
    """
    Return a number within limits; full-width digits in text are understood.

    Raises
    ------
    Fault
        If it is no number, or out of its limits.
    """
    found = value
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        try:
            found = float(text)
        except ValueError as error:
            raise Fault("E-VALUE-NUMBER", field=field, found=value) from error
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Fault("E-VALUE-NUMBER", field=field, found=str(value)[:40])
    if not math.isfinite(found):
        raise Fault("E-VALUE-NAN", field=field, found=str(value))
    if not low <= found <= high or (above and found == low):
        limits = f"{'>' if above else '>='} {low:g}, <= {high:g}"
        raise Fault("E-VALUE-RANGE", field=field, found=str(value), limits=limits)
    return float(found)


def count(field: str, value: Any, low: int, high: int) -> int:
    """Return a whole number within limits, or raise a Fault."""
    found = number(field, value, low, high)
    if not found.is_integer():
        raise Fault(
            "E-VALUE-RANGE", field=field, found=str(value), limits="0, 1, 2, ..."
        )
    return int(found)


def choice(field: str, value: Any) -> str:
    """Return our word for one of theirs, or raise a Fault."""
    text = fold(str(value))
    for ours, others in MEANINGS[field].items():
        if text == ours.casefold() or text in others.split():
            return ours
    near = guess(text, list(MEANINGS[field]))
    raise Fault("E-VALUE-CHOICE", field=field, found=str(value), guess=near)


def listed(value: Any) -> str:
    """Return a list of hours as it is read: one width and case, commas between."""
    text = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    for mark in "、；;":
        text = text.replace(mark, ",")
    return text.replace("–", "-")
