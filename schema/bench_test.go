package schema

import (
	"fmt"
	"testing"
)

// benchFiles answers a topology of about n resources, ten to a file: a VPC of
// 256 subnets for each 25,000 interfaces, an instance for each four of them.
func benchFiles(n int) (paths []string, texts [][]byte) {
	text := "apiVersion: enid/v1\nkind: Account\nmetadata: {name: main}\nspec: {provider: alibaba}\n"
	count := 1
	flush := func() {
		paths = append(paths, fmt.Sprintf("f/%06d.yaml", len(paths)))
		texts = append(texts, []byte(text))
		text = ""
	}
	add := func(format string, args ...any) {
		text += "---\n" + fmt.Sprintf(format, args...)
		if count++; count%10 == 0 {
			flush()
		}
	}
	for i := 0; count < n; i++ {
		vpc, subnet, host := i/25_600, i/100%256, i%100+10
		if i%25_600 == 0 {
			add("apiVersion: enid/v1\nkind: VPC\nmetadata: {name: v%d}\nspec: {region: cn-hangzhou, cidr: 10.0.0.0/8}\n", vpc)
			add("apiVersion: enid/v1\nkind: SecurityGroup\nmetadata: {name: g%d}\nspec: {vpc: v%d}\n", vpc, vpc)
		}
		if i%100 == 0 {
			add("apiVersion: enid/v1\nkind: Subnet\nmetadata: {name: s%d-%d}\nspec: {vpc: v%d, zone: cn-hangzhou-b, cidr: 10.%d.%d.0/24}\n", vpc, subnet, vpc, vpc, subnet)
		}
		if i%4 == 0 {
			add("apiVersion: enid/v1\nkind: Instance\nmetadata:\n  name: i%d\n  labels: {tier: web}\nspec:\n  type: ecs.g5.2xlarge\n  image: centos-7.2-64\n"+
				"  subnet: s%d-%d\n  privateIP: 10.%d.%d.%d\n  securityGroups: [g%d]\n", i, vpc, subnet, vpc, subnet, host+120, vpc)
		}
		add("apiVersion: enid/v1\nkind: ENI\nmetadata:\n  name: e%d\n  labels: {tier: web}\nspec:\n  subnet: s%d-%d\n  privateIP: 10.%d.%d.%d\n"+
			"  securityGroups: [g%d]\n  attachTo:\n    instance: i%d\n    deviceIndex: %d\n  guest:\n    addressing: static\n    mtu: 1500\n",
			i, vpc, subnet, vpc, subnet, host, vpc, i/4*4, i%4+1)
	}
	flush()
	return paths, texts
}

var benchSizes = []int{1_000, 10_000, 100_000}

func BenchmarkParse(b *testing.B) {
	for _, n := range benchSizes {
		paths, texts := benchFiles(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for i := range paths {
					Parse(paths[i], texts[i])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/doc")
		})
	}
}

func BenchmarkJoin(b *testing.B) {
	for _, n := range benchSizes {
		paths, texts := benchFiles(n)
		files := make([]File, len(paths))
		for i := range paths {
			files[i] = Parse(paths[i], texts[i])
		}
		if _, findings := Join(files); len(findings) > 0 {
			b.Fatal(findings[0], len(findings))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Join(files)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/doc")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	_, texts := benchFiles(20)
	for _, r := range Parse("a.yaml", texts[1]).Resources {
		doc, err := Encode(r)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(r.Kind), func(b *testing.B) {
			for b.Loop() {
				if _, err := Decode(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(r.Kind)+"/encode", func(b *testing.B) {
			for b.Loop() {
				if _, err := Encode(r); err != nil {
					b.Fatal(err)
				}
			}
		})
		if r.Kind == KindENI {
			break
		}
	}
}
