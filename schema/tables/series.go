package tables

import (
	"strconv"
	"strings"
)

// sourceB marks what document B says; everything else is public documentation.
const sourceB = "B 01-02"

// purpose is what a series of types is for.
type purpose struct{ text, source string }

var (
	memoryBound  = purpose{"memory: fast databases, caches, processing of big data", sourceB}
	storageBound = purpose{"storage I/O: NoSQL and in-memory databases, data warehouses", sourceB}
	denseStorage = purpose{"dense local disks: data warehouses, distributed file systems", "public"}
	localSSD     = purpose{"local SSDs: databases, search, caches", "public"}
	bursting     = purpose{"bursts on a baseline: light load with peaks", "public"}
	sharedCPU    = purpose{"shared CPUs: small sites, tests", "public"}
	acceleration = purpose{"acceleration of machine learning", "public"}
)

// awsSeries is the source's table of domains. (Its "high memory" row is u.)
var awsSeries = map[string]purpose{
	"m": {"a balance: most application servers; recommended", sourceB},
	"t": {"a balance with bursts: application servers whose demand has peaks; recommended most", sourceB},
	"c": {"CPU: web servers, HPC, batches, ad serving, video encoding, game servers, modelling, distributed analysis", sourceB},
	"h": storageBound, "i": storageBound,
	"r": memoryBound, "x": memoryBound, "u": memoryBound, "z": memoryBound,
	"g":  {"GPU: 3D rendering, video, games", sourceB},
	"p":  {"GPU: machine and deep learning, HPC", sourceB},
	"f":  {"FPGA: genomics, risk analysis, video in real time", sourceB},
	"a":  {"a balance on Arm: web servers, containers", "public"},
	"d":  denseStorage,
	"hs": denseStorage,
	"im": localSSD, "is": localSSD,
	"cr": {"memory: databases, caches", "public"},
	"gr": {"GPU with more memory: rendering, video, games", "public"},
	"dl": acceleration, "inf": acceleration, "trn": acceleration,
	"vt":  {"video transcoding", "public"},
	"hpc": {"tightly coupled HPC", "public"},
	"mac": {"macOS on bare metal: building and testing for Apple's systems", "public"},
}

// alibabaSeries has a generation behind the name where it makes the difference.
var alibabaSeries = map[string]purpose{
	"g":   {"a balance: most application servers", "public"},
	"c":   {"CPU: web servers, batches, games", "public"},
	"r":   {"memory: databases, caches", "public"},
	"sn1": {"CPU: web servers, batches, games", "public"},
	"sn2": {"a balance: most application servers", "public"},
	"se1": {"memory: databases, caches", "public"},
	"re":  {"much memory: in-memory databases", "public"},
	"ic":  {"CPU with little memory: dense computation", "public"},
	"hfg": {"a balance at a high clock rate", "public"},
	"hfc": {"CPU at a high clock rate", "public"},
	"hfr": {"memory at a high clock rate", "public"},
	"t5":  bursting, "t6": bursting,
	"d": denseStorage, "i": localSSD,
	"gn":  {"GPU: machine learning, rendering", "public"},
	"vgn": {"a share of a GPU: desktops, inference", "public"},
	"ga":  {"GPU: rendering", "public"},
	"f":   {"FPGA: genomics, video", "public"},
	"s6":  sharedCPU, "n4": sharedCPU, "mn4": sharedCPU, "e4": sharedCPU, "xn4": sharedCPU, "e0": sharedCPU,
	"video": {"video transcoding", "public"},
}

// suits answers what a series is for, and where that is said. Of Alibaba Cloud's
// bare metal (ebm) and super computing clusters (scc) the rest of the name tells.
func suits(provider, series string, generation int) (text, source string) {
	if provider == "aws" {
		p := awsSeries[series]
		return p.text, p.source
	}
	how := ""
	for _, kind := range [][2]string{{"ebm", "bare metal"}, {"scc", "super computing cluster"}} {
		if rest, ok := strings.CutPrefix(series, kind[0]); ok {
			series, how = rest, kind[1]
		}
	}
	p, known := alibabaSeries[series+strconv.Itoa(generation)]
	if !known {
		p, known = alibabaSeries[series]
	}
	switch {
	case how == "":
		return p.text, p.source
	case known:
		return how + "; " + p.text, p.source
	}
	return how, "public"
}

// awsLetters are what the letters after the generation mean. The source has the
// three of the CPU; the others are public, and say nothing of the CPU.
var awsLetters = map[string]Attribute{
	"a": {"a", "AMD CPU", true},
	"g": {"g", "Graviton CPU (Arm)", true},
	"i": {"i", "Intel CPU", true},
	"b": {"b", "more bandwidth to EBS", false},
	"d": {"d", "local NVMe disks", false},
	"e": {"e", "extra storage, memory or GPU memory", false},
	"f": {"f", "a part of a GPU", false},
	"n": {"n", "more network bandwidth", false},
	"q": {"q", "Qualcomm accelerators", false},
	"s": {"s", "", false},
	"z": {"z", "a high clock rate", false},
}

// alibabaLetters are those of the series g, c, r, their bare metal and high clock
// rates, d, i and sn; elsewhere a letter names a GPU.
var alibabaLetters = map[string][]Attribute{
	"a": {{"a", "AMD CPU", true}}, "i": {{"i", "Intel CPU", true}}, "r": {{"r", "Arm CPU", true}},
	"e": {{"e", "enhanced", false}}, "t": {{"t", "trusted computing", false}},
	"ne": {{"ne", "more network bandwidth", false}}, "se": {{"se", "more storage bandwidth", false}},
	"ae":  {{"a", "AMD CPU", true}, {"e", "enhanced", false}},
	"ine": {{"i", "Intel CPU", true}, {"ne", "more network bandwidth", false}},
}

// attributes answers what a name says after its generation: letters, then words
// after dashes.
func attributes(provider, series, letters, words string) (all []Attribute) {
	switch {
	case provider == "aws":
		for _, letter := range strings.Split(letters, "") {
			meaning, known := awsLetters[letter]
			if !known {
				meaning = Attribute{Text: letter}
			}
			all = append(all, meaning)
		}
	case letters != "" && !strings.Contains(series, "gn") && alibabaLetters[letters] != nil:
		all = append(all, alibabaLetters[letters]...)
	case letters != "":
		all = append(all, Attribute{Text: letters})
	}
	for word := range strings.SplitSeq(words, "-") {
		switch word {
		case "":
		case "flex":
			all = append(all, Attribute{"flex", "full CPU for most of the time, not all, at a lower price", false})
		default:
			all = append(all, Attribute{Text: word})
		}
	}
	return all
}

// ranges are the source's, by family.
var ranges = map[string]Range{
	"a1":   {[2]int{1, 16}, [2]float64{2, 32}},
	"t3":   {[2]int{2, 8}, [2]float64{0.5, 32}},
	"t3a":  {[2]int{2, 8}, [2]float64{0.5, 32}},
	"m5":   {[2]int{2, 96}, [2]float64{8, 384}},
	"m5d":  {[2]int{2, 96}, [2]float64{8, 384}},
	"m5a":  {[2]int{2, 96}, [2]float64{8, 384}},
	"c5":   {[2]int{2, 72}, [2]float64{4, 144}},
	"c5d":  {[2]int{2, 72}, [2]float64{4, 144}},
	"c5n":  {[2]int{2, 72}, [2]float64{5.25, 192}},
	"h1":   {[2]int{8, 64}, [2]float64{32, 256}},
	"i3":   {[2]int{2, 64}, [2]float64{15.25, 488}},
	"i3en": {[2]int{2, 96}, [2]float64{16, 768}},
}
