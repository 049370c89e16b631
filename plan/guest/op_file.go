package guest

import (
	"path"
	"strings"

	"enid/plan"
)

var writeFile = operation(plan.Operation{
	ID: WriteFile, Kind: KindFile, Action: plan.Update, Rank: rankWriteFile, Source: "A 4.4.3",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		w, wanted := want[File](v, ref)
		f, _ := is[File](v, ref)
		return wanted && w.Ours && !f.serves(w)
	},
	Changes: func(v *plan.View, ref plan.Ref) []plan.Change {
		return v.Want.Get(ref).(File).Differs(v.Get(ref), v.Want.Get(ref))
	},
	Requires: []plan.Requirement{{Rule: RulePersist, Check: fileIsNobodys}},
	Effect: func(e *plan.Effects, ref plan.Ref) {
		f := e.Want.Get(ref).(File)
		if dir := (File{Path: folderOf(f.Path)}).Ref(); e.Get(dir) == nil {
			e.Note(RulePersist, "%s is not there and is made: does this distribution read %s?", dir.Name, f.Format)
			e.Put(dir, File{Path: dir.Name, Folder: true})
		}
		e.Put(ref, f)
	},
}, func(_ Machine, _, to plan.Object) string {
	f := to.(File)
	return "enid host export --host " + f.Host + " --format " + f.Format + " --dir " + path.Dir(f.Path)
})

// folderOf answers which of Folders a file is below.
func folderOf(name string) string {
	for _, dir := range Folders {
		if strings.HasPrefix(name, dir+"/") {
			return dir
		}
	}
	return path.Dir(name)
}

// fileIsNobodys: a file that this Host did not write is not overwritten.
func fileIsNobodys(v *plan.View, ref plan.Ref) plan.Verdict {
	f, there := is[File](v, ref)
	switch {
	case !there || f.Ours || f.Exported:
		return fine()
	case f.Other:
		return plan.Fails("remove it if that Host is this machine's no more", "%s was written by enid for another Host", f.Path)
	}
	return plan.Fails("move it away, or declare another persist", "%s is there, and enid did not write it", f.Path)
}

var deleteFile = operation(plan.Operation{
	ID: DeleteFile, Kind: KindFile, Action: plan.Delete, Rank: rankDeleteFile, Source: "A 4.4.3",
	Gives: func(v *plan.View, ref plan.Ref) bool {
		f, there := is[File](v, ref)
		_, wanted := want[File](v, ref)
		return there && f.Ours && !wanted
	},
	Changes: vanishes("file"),
	Effect:  func(e *plan.Effects, ref plan.Ref) { e.Put(ref, nil) },
}, func(_ Machine, from, _ plan.Object) string {
	return "rm " + from.(File).Path
})
