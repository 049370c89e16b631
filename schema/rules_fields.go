package schema

import "fmt"

var fieldRules = []invalidRule{
	{Rule{ID: "cloud.field", Class: ClassInvalid, Cloud: "any",
		Text:   "A field or a kind of the other cloud (prefixes, reservations, keyPair, volumes ... on Alibaba; rotation, convertFrom, classic, subscription on AWS) is rejected by name.",
		Source: "A, B"}, checkFields},
}

// cloudField is a field that only one cloud has.
type cloudField struct {
	path  string
	cloud Provider
	isSet func(Spec) bool
}

// field makes a row of the table of fields from a test on the kind's spec.
func field[S Spec](cloud Provider, path string, isSet func(S) bool) cloudField {
	return cloudField{path, cloud, func(s Spec) bool { return isSet(s.(S)) }}
}

var cloudFields = map[Kind][]cloudField{
	KindSubnet: {
		field(AWS, "spec.reservations", func(s *SubnetSpec) bool { return len(s.Reservations) > 0 }),
	},
	KindSecurityGroup: {
		field(Alibaba, "spec.networkType", func(s *SecurityGroupSpec) bool { return s.NetworkType == NetworkClassic }),
	},
	KindInstance: {
		field(Alibaba, "spec.networkType", func(s *InstanceSpec) bool { return s.NetworkType == NetworkClassic }),
		field(Alibaba, "spec.publicIP.rotation", func(s *InstanceSpec) bool { return s.PublicIP != nil && s.PublicIP.Rotation != 0 }),
		field(Alibaba, "spec.publicIP.bandwidthMbps", func(s *InstanceSpec) bool { return s.PublicIP != nil && s.PublicIP.BandwidthMbps != nil }),
		field(Alibaba, "spec.ioOptimized", func(s *InstanceSpec) bool { return s.IOOptimized != nil }),
		field(Alibaba, "spec.billing.method", func(s *InstanceSpec) bool { return s.Billing.Method == "subscription" }),
		field(AWS, "spec.keyPair", func(s *InstanceSpec) bool { return s.KeyPair != "" }),
		field(AWS, "spec.iamRole", func(s *InstanceSpec) bool { return s.IAMRole != "" }),
		field(AWS, "spec.sessionManager", func(s *InstanceSpec) bool { return s.SessionManager }),
		field(AWS, "spec.creditSpecification", func(s *InstanceSpec) bool { return s.CreditSpecification != "" }),
		field(AWS, "spec.rootDevice", func(s *InstanceSpec) bool { return s.RootDevice != "" }),
		field(AWS, "spec.rootVolume", func(s *InstanceSpec) bool { return s.RootVolume != nil }),
		field(AWS, "spec.relocation", func(s *InstanceSpec) bool { return s.Relocation != 0 }),
		field(AWS, "spec.autoscaled", func(s *InstanceSpec) bool { return s.Autoscaled }),
	},
	KindENI: {
		field(AWS, "spec.prefixes", func(s *ENISpec) bool { return len(s.Prefixes) > 0 }),
		field(AWS, "spec.prefixCount", func(s *ENISpec) bool { return s.PrefixCount != 0 }),
		field(AWS, "spec.managedBy", func(s *ENISpec) bool { return s.ManagedBy != "" }),
	},
	KindEIP: {
		field(Alibaba, "spec.bandwidthMbps", func(s *EIPSpec) bool { return s.BandwidthMbps != 0 }),
		field(Alibaba, "spec.convertFrom", func(s *EIPSpec) bool { return s.ConvertFrom != nil }),
	},
}

// cloudKinds are the kinds that only one cloud has.
var cloudKinds = map[Kind]Provider{
	KindClassicLink: Alibaba,
	KindTargetGroup: AWS, KindVPCEndpoint: AWS, KindTrafficMirror: AWS,
	KindKeyPair: AWS, KindImage: AWS, KindVolume: AWS, KindSnapshot: AWS,
}

var cloudNames = map[Provider]string{Alibaba: "Alibaba Cloud", AWS: "AWS"}

func checkFields(j *joined) {
	for _, row := range kinds {
		fields, only := cloudFields[row.kind], cloudKinds[row.kind]
		if len(fields) == 0 && only == "" {
			continue
		}
		for _, r := range j.OfKind(row.kind) {
			provider := j.Provider(r)
			if only != "" && provider != "" && provider != only {
				j.find(r, "kind", fmt.Sprintf("%s is a kind of %s; this one is on %s", r.Kind, cloudNames[only], cloudNames[provider]),
					"to leave it out")
			}
			for _, f := range fields {
				if provider != "" && provider != f.cloud && f.isSet(r.Spec) {
					j.find(r, f.path, fmt.Sprintf("is a field of %s; this %s is on %s", cloudNames[f.cloud], r.Kind, cloudNames[provider]),
						"to leave it out")
				}
			}
		}
	}
}
