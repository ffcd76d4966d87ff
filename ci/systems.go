package ci

// Systems are all CI systems known, in the order of their tests: a system that
// also sets another's variables stands before it, and the last row is no CI
// system.
var Systems = []System{
	{Name: "forgejo", Family: FamilyGitHub, Title: "Forgejo Actions", Detect: Rule{"FORGEJO_ACTIONS=true"}, log: plainLog{}},
	{Name: "gitea", Family: FamilyGitHub, Title: "Gitea Actions", Detect: Rule{"GITEA_ACTIONS=true"}, log: plainLog{}},
	{Name: "act", Family: FamilyGitHub, Title: "act", Detect: Rule{"ACT=true"}, log: plainLog{}},
	{Name: "github", Family: FamilyGitHub, Title: "GitHub Actions", Detect: Rule{"GITHUB_ACTIONS=true"}, log: plainLog{}},
	{Name: "gitlab", Family: "gitlab", Title: "GitLab CI", Detect: Rule{"GITLAB_CI=true"}, log: plainLog{}, export: workspaceFiles("CI_PROJECT_DIR")},
	{Name: "shell", Family: FamilyShell, Title: "no CI system", Detect: Rule{""}, log: plainLog{}, export: workspaceFiles("")},
}
