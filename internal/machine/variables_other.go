//go:build !windows

package machine

// Variables has none to tell of.
func Variables(Scope) ([]Variable, error) { return nil, ErrNoScopes }

// SetUserVariables cannot set any.
func SetUserVariables([]Variable) error { return ErrNoScopes }
