/**
 * withGoProxy { … } downloads the Go modules of the job reliably and runs its block with GOPROXY, GOSUMDB and
 * GOPRIVATE of the module proxy that was chosen. It needs go on the agent, and the checkout to be done.
 *
 *     withGoProxy { sh 'go test ./...' }
 *     withGoProxy(private: 'git.corp.example/*', report: 'junit,html') { bat 'go test ./...' }
 *
 * Options are the settings of goproxy-setup by the names of its action's inputs, and
 *   fail       'never': a failed download does not fail the build, go is left to try alone
 *   version    of goproxy-setup, where it is not installed on the agent
 *   installer  address of the folder with install.sh and install.ps1, for a mirror
 */
def call(Map options = [:], Closure body) {
    List variables = settings(options)
    String bin = pwd(tmp: true) + '/goproxy-setup-bin'
    withEnv(variables + ["PATH+GOPROXY_SETUP=${bin}", "GOPROXY_SETUP_BIN=${bin}"]) {
        install(options)
        List chosen = prepare(options.fail ?: 'download')
        withEnv(chosen) {
            body()
        }
    }
}

// Settings travel as variables, so that no shell ever reads them.
List settings(Map options) {
    List own = ['fail', 'version', 'installer']
    List known = ['proxies', 'private', 'sumdb', 'timeout', 'probe-timeout', 'attempts', 'retry-for', 'in-flight',
                  'download', 'cache-dir', 'forward-proxy', 'ca-file', 'report', 'working-directory', 'lang', 'verbose']
    List variables = ['GOPROXY_SETUP_FAIL=download'] // with never there would be nothing to read
    for (String name : options.keySet()) {
        if (known.contains(name)) {
            variables.add('GOPROXY_SETUP_' + name.toUpperCase().replace('-', '_') + '=' + options[name])
        } else if (!own.contains(name)) {
            error("withGoProxy: there is no option '${name}'; known are ${(known + own).join(', ')}")
        }
    }
    return variables
}

void install(Map options) {
    String folder = options.installer ?: 'https://github.com/goproxy-setup/goproxy-setup/releases/latest/download'
    withEnv(["GOPROXY_SETUP_INSTALLER=${folder}", "GOPROXY_SETUP_VERSION=${options.version ?: ''}"]) {
        if (isUnix()) {
            sh label: 'install goproxy-setup', script: '''
                command -v goproxy-setup >/dev/null || curl -fsSL "$GOPROXY_SETUP_INSTALLER/install.sh" |
                    sh -s -- -b "$GOPROXY_SETUP_BIN" ${GOPROXY_SETUP_VERSION:+"$GOPROXY_SETUP_VERSION"}
            '''
        } else {
            powershell label: 'install goproxy-setup', script: '''
                if (Get-Command goproxy-setup -ErrorAction SilentlyContinue) { exit 0 }
                $install = Invoke-RestMethod "$env:GOPROXY_SETUP_INSTALLER/install.ps1" # reads GOPROXY_SETUP_VERSION
                & ([scriptblock]::Create($install)) -BinDir $env:GOPROXY_SETUP_BIN
            '''
        }
    }
}

// prepare downloads and returns the variables chosen, none after a failure that is allowed.
List prepare(String fail) {
    Map step = [label: 'goproxy-setup', returnStatus: true, script: isUnix() ? 'goproxy-setup' : '@goproxy-setup']
    int status = isUnix() ? sh(step) : bat(step)
    if (status == 0) {
        return lines(readFile(file: "${env.WORKSPACE}/goproxy.env", encoding: 'UTF-8'))
    }
    if (status != 1 || fail != 'never') { // 2 is a wrong setting
        error("goproxy-setup failed with exit code ${status}; its report is above")
    }
    echo 'goproxy-setup failed; the block runs with what the job had'
    return []
}

List lines(String text) {
    List out = []
    for (String line : text.split('\n')) {
        if (line.trim()) {
            out.add(line.trim())
        }
    }
    return out
}
