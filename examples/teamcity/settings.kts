import jetbrains.buildServer.configs.kotlin.*
import jetbrains.buildServer.configs.kotlin.buildSteps.script

version = "2025.03"
project {
    buildType {
        name = "test"
        vcs { root(DslContext.settingsRoot) }
        params { // later steps get only what is defined here
            param("env.GOPROXY", "")
            param("env.GOSUMDB", "")
            param("env.GOPRIVATE", "")
        }
        steps {
            script {
                name = "goproxy-setup"
                scriptContent = """
                    curl -fsSL https://github.com/goproxy-setup/goproxy-setup/releases/latest/download/install.sh | sh -s -- -b "%teamcity.build.tempDir%"
                    "%teamcity.build.tempDir%/goproxy-setup" -report junit,html
                    echo "##teamcity[importData type='junit' path='goproxy-junit.xml']"
                """.trimIndent()
            }
            script { scriptContent = "go test ./..." }
        }
        artifactRules = "goproxy-report.html"
    }
}
