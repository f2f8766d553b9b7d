"""Name the bureaux of the city, and say how many posts and drones the demo has."""

from __future__ import annotations

N_STATIONS, N_DRONES, N_BUREAUX = 37, 120, 11
# 16 + 7 counties x (2 at the seat + 1 in a town) = 37
N_URBAN_POSTS, POSTS_PER_SEAT = 16, 2
URBAN_CENTRE, URBAN_RADIUS_M = (120.15, 33.36), 8_000
URBAN_AREA = "市区"

# county-level code -> (bureau, English, short name, short English); 320972 is ours
BUREAU = {
    "320902": ("亭湖分局", "Tinghu Sub-bureau", "亭湖", "Tinghu"),
    "320903": ("盐都分局", "Yandu Sub-bureau", "盐都", "Yandu"),
    "320904": ("大丰区公安局", "Dafeng Bureau", "大丰", "Dafeng"),
    "320921": ("响水县公安局", "Xiangshui Bureau", "响水", "Xiangshui"),
    "320922": ("滨海县公安局", "Binhai Bureau", "滨海", "Binhai"),
    "320923": ("阜宁县公安局", "Funing Bureau", "阜宁", "Funing"),
    "320924": ("射阳县公安局", "Sheyang Bureau", "射阳", "Sheyang"),
    "320925": ("建湖县公安局", "Jianhu Bureau", "建湖", "Jianhu"),
    "320971": ("经开区分局", "Development Zone Sub-bureau", "经开", "Jingkai"),
    "320972": ("盐南高新区分局", "Yannan Hi-tech Zone Sub-bureau", "盐南", "Yannan"),
    "320981": ("东台市公安局", "Dongtai Bureau", "东台", "Dongtai"),
}
URBAN_CODES = ("320902", "320903", "320971", "320972")

# county code -> (town of the seat, hexagons round it,
#                 town with one more post, hexagons round it)
COUNTY = {
    "320904": ("大中镇", 13, ("刘庄镇", "Liuzhuang"), 3),
    "320921": ("响水镇", 10, ("陈家港镇", "Chenjiagang"), 3),
    "320922": ("东坎", 12, ("八滩镇", "Batan"), 3),
    "320923": ("阜城街道", 12, ("益林镇", "Yilin"), 3),
    "320924": ("合德", 12, ("黄沙港镇", "Huangshagang"), 3),
    "320925": ("近湖街道", 11, ("上冈镇", "Shanggang"), 3),
    "320981": ("东台镇", 15, ("弶港镇", "Jianggang"), 3),
}
