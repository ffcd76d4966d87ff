package ci

// A Runner is the machine that runs the job.
type Runner struct {
	System     System
	Version    string // of the CI system's server or agent, if it tells
	SelfHosted bool
	Container  bool // the job sees a container, not its host
}

// Inspect looks at the variables and, through exists, at well-known paths. It
// recognises two systems more than Detect: those that set no variable.
func Inspect(getenv func(string) string, exists func(path string) bool, goos string) Runner {
	s := Detect(getenv)
	if s.Family == FamilyShell {
		s = byPath(s, exists)
	}
	return Runner{
		System:     s,
		Version:    lookup(getenv, s.VersionVar),
		SelfHosted: s.SelfHosted.Holds(getenv),
		Container:  inContainer(getenv, exists, goos),
	}
}

func byPath(otherwise System, exists func(string) bool) System {
	for _, s := range Systems {
		if s.Path != "" && exists(s.Path) {
			return s
		}
	}
	return otherwise
}

// Signs of a container. GitHub's container jobs see their workspace below
// /__w; Docker, Podman and CRI-O leave a file; systemd-style images and LXC set
// the variable container; a Windows container runs as one of two users.
var (
	containerRule = Rule{"KUBERNETES_SERVICE_HOST", "container", "GITHUB_WORKSPACE^=/__w/"}
	windowsRule   = Rule{"KUBERNETES_SERVICE_HOST", "CONTAINER_SANDBOX_MOUNT_POINT", "USERNAME=ContainerAdministrator", "USERNAME=ContainerUser"}
	containerPath = []string{"/.dockerenv", "/run/.containerenv"}
)

func inContainer(getenv func(string) string, exists func(string) bool, goos string) bool {
	if goos == "windows" {
		return windowsRule.Holds(getenv)
	}
	if containerRule.Holds(getenv) {
		return true
	}
	for _, path := range containerPath {
		if exists(path) {
			return true
		}
	}
	return false
}
