// Runs vars/withGoProxy.groovy and the Jenkinsfiles of examples/jenkins with stand-ins for Jenkins' steps, whose shell
// steps really run. What this cannot show is Jenkins' own: CPS, the sandbox, declarative validation.
//
//   groovy run.groovy ROOT WORKSPACE       in an environment in which goproxy-setup works
//
// ROOT is this repository, WORKSPACE a folder with a Go module.

class Failure extends RuntimeException { Failure(String m) { super(m) } }

class Jenkins {
    String root, workspace
    boolean unix = true
    List<Map> layers = [[:]] // of withEnv, the innermost last
    List log = []            // [step, script or argument]

    Map environment() {
        Map out = new HashMap(System.getenv())
        out.putAll(JENKINS_URL: 'https://jenkins.invalid/', BUILD_ID: '1', WORKSPACE: workspace, WORKSPACE_TMP: workspace + '@tmp')
        layers.each { layer -> layer.each { name, value ->
            if (name.contains('+')) {
                String base = name.substring(0, name.indexOf('+'))
                out[base] = value + File.pathSeparator + (out[base] ?: '')
            } else {
                out[name] = value
            }
        } }
        return out
    }

    def withEnv(List list, Closure body) {
        Map layer = [:]
        list.each { String entry ->
            assert entry.contains('='): "withEnv got ${entry}"
            layer[entry.substring(0, entry.indexOf('='))] = entry.substring(entry.indexOf('=') + 1)
        }
        layers = layers + [layer]
        try { return body() } finally { layers = layers[0..<-1] }
    }

    def shell(String step, Object arg) {
        Map options = arg instanceof Map ? arg : [script: arg]
        String script = options.script.toString()
        log << [step, script.trim()]
        if (step == 'powershell' && script.contains('Invoke-RestMethod')) { // there is no PowerShell to run it
            script = 'mkdir -p "$GOPROXY_SETUP_BIN" && cp "$PROGRAM" "$GOPROXY_SETUP_BIN/goproxy-setup"'
        }
        ProcessBuilder b = new ProcessBuilder('sh', '-e', '-c', script.replaceFirst(/^@/, '').replace('; exit $LASTEXITCODE', ''))
        b.environment().clear()
        b.environment().putAll(environment())
        b.directory(new File(workspace)).redirectErrorStream(true)
        Process p = b.start()
        String out = p.inputStream.text
        int status = p.waitFor()
        log << ['output', out]
        if (options.returnStatus) { return status }
        if (status != 0) { throw new Failure("${step} returned exit code ${status}: ${script}\n${out}") }
    }

    // read parses a script whose unknown names are the steps.
    Script read(String file, Map more = [:]) {
        Map steps = [
            env: this.&environment, isUnix: { -> unix }, pwd: { Map m -> assert m.tmp; workspace + '@tmp' },
            withEnv: this.&withEnv, sh: { a -> assert unix; shell('sh', a) }, bat: { a -> assert !unix; shell('bat', a) },
            powershell: { a -> assert !unix; shell('powershell', a) },
            readFile: { a -> String name = a instanceof Map ? a.file : a
                File f = new File(name); (f.absolute ? f : new File(workspace, name)).getText('UTF-8') },
            error: { m -> throw new Failure(m.toString()) }, echo: { m -> log << ['echo', m.toString()] },
            any: 'any', agent: { a -> }, scm: 'scm', checkout: { a -> }, junit: { a -> log << ['junit', a.testResults] },
            publishHTML: { a -> log << ['publishHTML', a.target.reportFiles] },
            archiveArtifacts: { a -> log << ['archiveArtifacts', a.artifacts] },
        ] + more
        ['pipeline', 'stages', 'steps', 'script', 'post', 'always'].each { name -> steps[name] = { Closure c -> c() } }
        ['stage', 'node'].each { name -> steps[name] = { String a, Closure c -> c() } }
        Map live = new LinkedHashMap(steps)
        Binding binding = new Binding(live) {
            Object getVariable(String name) { name == 'env' ? environment() : super.getVariable(name) }
        }
        String text = new File(root, file).text.replaceAll(/(?m)^@Library.*$/, '')
        return new GroovyShell(binding).parse(text, file.replaceAll(/\W/, '_') + '.groovy')
    }

    Script library() { read('vars/withGoProxy.groovy') }
    void runFile(String file) {
        Script lib = library()
        read(file, [withGoProxy: { Object... a -> lib.call(*a) }]).run()
    }

    List steps(String name) { log.findAll { it[0] == name }.collect { it[1] } }
    // goCalls are the GOPROXY values that go saw in calls of a pipeline's own.
    List goCalls() { File f = new File(System.getenv('GO_LOG')); f.exists() ? f.readLines() : [] }
}

String root = args[0], workspace = args[1], want = System.getenv('WANT_GOPROXY')
Jenkins fresh(String root, String workspace, boolean unix) {
    new File(workspace, 'goproxy.env').delete()
    new File(workspace, 'goproxy-junit.xml').delete()
    new File(workspace + '@tmp', 'goproxy-setup-bin').deleteDir()
    new File(System.getenv('GO_LOG')).delete()
    return new Jenkins(root: root, workspace: workspace, unix: unix)
}
String refused(Closure c) {
    try { c() } catch (Failure e) { return e.message }
    throw new AssertionError('nothing was refused' as Object)
}

['library', 'plain'].each { name ->
    Jenkins j = fresh(root, workspace, true)
    j.runFile("examples/jenkins/${name}.Jenkinsfile")
    assert j.goCalls().size() == 1 && j.goCalls().every { it.contains(want) }: "${name}: ${j.goCalls()}"
    assert j.steps('junit') == ['goproxy-junit.xml']
    assert new File(workspace, 'goproxy-junit.xml').size() > 0 && new File(workspace, 'goproxy-report.html').size() > 0
    println "ok ${name}.Jenkinsfile"
}

Jenkins j = fresh(root, workspace, false)
j.runFile('examples/jenkins/scripted.Jenkinsfile')
assert j.goCalls().size() == 2 && j.goCalls().every { it.contains(want) }: j.goCalls()
assert j.steps('powershell')[0].contains('-BinDir $env:GOPROXY_SETUP_BIN') && j.steps('bat')[0] == '@goproxy-setup'
println 'ok scripted.Jenkinsfile on Windows'

j = fresh(root, workspace, true)
assert refused { j.library().call([privat: 'x']) { assert false } }.contains("no option 'privat'")
assert j.log.empty
println 'ok an unknown option is refused before anything runs'

j = fresh(root, workspace, true)
boolean ran = false
assert refused { j.library().call([attempts: 0]) { ran = true } }.contains('exit code 2')
assert !ran
println 'ok a failure ends the build'

j = fresh(root, workspace, true)
j.library().call([proxies: 'http://127.0.0.1:1', fail: 'never']) { j.shell('sh', 'go vet ./...'); ran = true }
assert ran && j.goCalls() == ['vet ./...|'] && j.steps('echo')[0].contains('with what the job had')
ran = false
assert refused { j.library().call([attempts: 0, fail: 'never']) { ran = true } }.contains('exit code 2')
assert !ran
println 'ok a failure that is allowed runs the block with what the job had'

j = fresh(root, workspace, true)
String hostile = '''a.example/$(touch hit),"b".example/';touch hit;'*'''
new File(workspace, 'hit').delete()
refused { j.library().call([private: hostile, report: 'nonsense']) { } }
assert j.environment().GOPROXY_SETUP_PRIVATE == null && !new File(workspace, 'hit').exists()
println 'ok no shell reads a setting, and none outlives the step'

Script lib = fresh(root, workspace, true).library()
assert lib.lines('A=1|2\r\nB=x=y\n\n') == ['A=1|2', 'B=x=y']
assert lib.settings(['working-directory': 'a b']) == ['GOPROXY_SETUP_FAIL=download', 'GOPROXY_SETUP_WORKING_DIRECTORY=a b']
println 'ok all'
