"""Make the layers of the Yancheng demo: a module a layer, and what they stand on."""
