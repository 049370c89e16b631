package render

import "enid/plan/query"

// signs are how marks are told apart without colour.
var signs = []struct {
	mark query.Mark
	sign string
}{
	{query.Added, "+"}, {query.Changed, "~"}, {query.Removed, "−"}, {query.Blocked, "!"}, {query.Drifted, "≠"},
}

func signOf(m query.Mark) string {
	for _, s := range signs {
		if s.mark == m {
			return s.sign
		}
	}
	return "?"
}

// SVGStyle holds all colours, for light and dark: the reader's preference decides.
// The picture has a ground of its own, so that it suits any page. Text has a
// contrast of 4.5 to 1 at least on every ground that it stands on.
const SVGStyle = `svg{--page:#ffffff;--ink:#1c2733;--dim:#51606f;--edge:#a9b4c0;--net:#f3f6fa;--zone:#e9eff6;--subnet:#ffffff;--host:#eef3f9;--leaf:#ffffff;
--added:#1a7f37;--added-f:#e3f6e8;--changed:#8a5a00;--changed-f:#fdf4d7;--removed:#b3261e;--removed-f:#fdeceb;
--blocked:#6a3fb5;--blocked-f:#f2ebfc;--drifted:#0b62b8;--drifted-f:#e6f1fc;--sign:#ffffff;
font-family:Inter,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
@media (prefers-color-scheme:dark){svg{--page:#12171d;--ink:#e6edf3;--dim:#a3b1bf;--edge:#4a5765;--net:#181f27;--zone:#1e2731;--subnet:#141a21;--host:#212c38;--leaf:#171e26;
--added:#4cc46a;--added-f:#12301c;--changed:#e0ad3a;--changed-f:#33280c;--removed:#ff8a80;--removed-f:#3a1a18;
--blocked:#c3a3f5;--blocked-f:#2a2040;--drifted:#74b6f7;--drifted-f:#13293f;--sign:#10151b}}
rect{fill:var(--leaf);stroke:var(--edge)}
text{fill:var(--ink);font-size:12px}
.t{font-size:13px;font-weight:600}.k{font-weight:400;font-size:12px;fill:var(--dim)}.l{fill:var(--dim)}
.page rect{fill:var(--page);stroke:none}
.Account rect,.Region rect,.ClassicNetwork rect{fill:none}
.VPC rect{fill:var(--net)}.Zone rect{fill:var(--zone);stroke:none}.Subnet rect{fill:var(--subnet)}.Instance rect{fill:var(--host)}
.More rect{fill:none;stroke:none}.More .t{font-weight:400;fill:var(--dim)}
.added>.b{fill:var(--added-f);stroke:var(--added);stroke-width:2}.changed>.b{fill:var(--changed-f);stroke:var(--changed);stroke-width:2}
.removed>.b{fill:var(--removed-f);stroke:var(--removed);stroke-width:2;stroke-dasharray:6 4}
.blocked>.b{fill:var(--blocked-f);stroke:var(--blocked);stroke-width:2}.drifted>.b{fill:var(--drifted-f);stroke:var(--drifted);stroke-width:2}
.s-added{--s:var(--added)}.s-changed{--s:var(--changed)}.s-removed{--s:var(--removed)}.s-blocked{--s:var(--blocked)}.s-drifted{--s:var(--drifted)}
.s rect{fill:var(--s);stroke:none}.s text{fill:var(--sign);font-size:12px;font-weight:700;text-anchor:middle}
`
