package classify

import "regexp"

// Names that hosts inside companies have, and forges that have such names and
// are public. A guess, made only where a module proxy says "not found" and
// nothing else: for such a host a missing GOPRIVATE is the likelier reason.
var (
	inside = regexp.MustCompile(`(?:^|[.-])(?:corp|corporate|internal|intern|intranet|intra|local|localdomain|lan|private|priv|office|inhouse)(?:[.-]|$)|` +
		`^(?:git|gitlab|gitea|gogs|gerrit|bitbucket|stash|scm|vcs|svn|hg|bzr|ghe|github|code|codes|src|source|repo|repos)\d*\.|^[^.]+$|^[\d.]+$`)
	public = regexp.MustCompile(`^(?:github\.com|gitlab\.com|bitbucket\.org|git\.sr\.ht|hg\.sr\.ht|gitea\.com|code\.gitea\.io|code\.forgejo\.org|codeberg\.org|git\.kernel\.org|git\.apache\.org|` +
		`gitlab\.(?:gnome|freedesktop|torproject|haskell)\.org|gitlab\.kitware\.com|git\.savannah\.gnu\.org|git\.openstack\.org|code\.cloudfoundry\.org|code\.google\.com|repo\.or\.cz|` +
		`src\.elv\.sh|git\.launchpad\.net|go\.googlesource\.com|git\.tcp\.direct|git\.schwanenlied\.me)$`)
)

// private says whether a host looks like one that the public cannot reach.
func private(host string) bool {
	return host != "" && inside.MatchString(host) && !public.MatchString(host)
}
