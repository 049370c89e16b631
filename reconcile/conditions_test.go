package reconcile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// declared answers the constants of a type in a file, in their order.
func declared[T ~string](t *testing.T, file, typ string) (out []T) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == typ {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, T(text))
		}
		return true
	})
	return out
}

// All conditions are all that are declared: metrics show 0 for those that are not so.
func TestConditionsAreAll(t *testing.T) {
	if got, want := Conditions(), declared[Condition](t, "source.go", "Condition"); !slices.Equal(got, want) {
		t.Errorf("%v, declared are %v", got, want)
	}
	if got, want := HostConditions(), declared[HostCondition](t, "contract.go", "HostCondition"); !slices.Equal(got, want) {
		t.Errorf("%v, declared are %v", got, want)
	}
}
