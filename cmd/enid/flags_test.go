package main

import "flag"

var update = flag.Bool("update", false, "write the generated pages and golden files anew")
