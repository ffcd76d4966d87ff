# Installs goproxy-setup from a release, after comparing the binary with the release's checksums.txt. For Windows
# PowerShell 5.1 and PowerShell 7.
#
#   ./install.ps1 [-Version vX.Y.Z] [-BinDir DIR]
#   irm https://github.com/goproxy-setup/goproxy-setup/releases/latest/download/install.ps1 | iex
#
# Without -Version it is GOPROXY_SETUP_VERSION, else the latest release; without -BinDir the folder
# %LOCALAPPDATA%\Programs\goproxy-setup, elsewhere than on Windows ~/.local/bin. GOPROXY_SETUP_MIRROR takes the place of
# the address of the releases; below it are download/VERSION/FILE and latest/download/FILE, as there.
#
# A sum that is missing or different: an error, and nothing is installed. All is in a function, so that the half of a
# script that a cut download leaves does nothing; errors are thrown, since exit would close the shell of `irm | iex`.
param([string]$Version = $env:GOPROXY_SETUP_VERSION, [string]$BinDir)

function Install-GoproxySetup([string]$Version, [string]$BinDir) {
    Set-StrictMode -Version 2
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue' # in 5.1 the progress bar slows a download by tens of times

    # $IsWindows is of PowerShell 6 and newer; Windows PowerShell is of Windows only.
    $windows = $PSVersionTable.PSVersion.Major -lt 6 -or $IsWindows
    if ($windows) {
        $os = 'windows'
        $exe = '.exe'
        $machine = $env:PROCESSOR_ARCHITECTURE
        if ($env:PROCESSOR_ARCHITEW6432) { $machine = $env:PROCESSOR_ARCHITEW6432 } # a 32-bit shell
    } else {
        $os = 'linux'
        if ($IsMacOS) { $os = 'darwin' }
        $exe = ''
        $machine = [System.Runtime.InteropServices.RuntimeInformation]::OSArchitecture.ToString()
    }
    switch -Regex ($machine) {
        '^(AMD64|X64)$' { $arch = 'amd64' }
        '^ARM64$' { $arch = 'arm64' }
        default { throw "goproxy-setup: no release for $machine" }
    }
    $name = "goproxy-setup_${os}_$arch$exe"

    $base = 'https://github.com/goproxy-setup/goproxy-setup/releases'
    if ($env:GOPROXY_SETUP_MIRROR) { $base = $env:GOPROXY_SETUP_MIRROR.TrimEnd('/') }
    if (-not $Version -or $Version -eq 'latest') {
        $base = "$base/latest/download"
    } elseif ($Version -match '^v[0-9]') {
        $base = "$base/download/$Version"
    } else {
        throw "goproxy-setup: version $Version does not begin with v"
    }
    if (-not $BinDir) {
        if ($windows) {
            $BinDir = Join-Path (Join-Path $env:LOCALAPPDATA 'Programs') 'goproxy-setup'
        } else {
            $BinDir = Join-Path (Join-Path $HOME '.local') 'bin'
        }
    }
    # .NET has a current folder of its own, which is not PowerShell's.
    $BinDir = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($BinDir)

    # Windows PowerShell on older systems offers TLS 1.0 alone, which nobody accepts any more.
    if ($PSVersionTable.PSVersion.Major -lt 6) {
        [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    }

    $temp = Join-Path ([IO.Path]::GetTempPath()) ('goproxy-setup-' + [Guid]::NewGuid().ToString('N'))
    $fresh = Join-Path $BinDir ('.goproxy-setup-' + [Guid]::NewGuid().ToString('N') + $exe)
    $program = Join-Path $BinDir "goproxy-setup$exe"
    New-Item -ItemType Directory -Path $temp | Out-Null
    try {
        $sums = Join-Path $temp 'checksums.txt'
        $file = Join-Path $temp $name
        Invoke-WebRequest -UseBasicParsing -TimeoutSec 300 -Uri "$base/checksums.txt" -OutFile $sums
        $want = @(Get-Content -LiteralPath $sums | Where-Object { $_ -cmatch '^([0-9a-f]{64}) [ *](\S+)\s*$' -and $Matches[2] -ceq $name } |
            ForEach-Object { $_.Substring(0, 64) })
        if ($want.Count -ne 1) { throw "goproxy-setup: checksums.txt has $($want.Count) lines for $name, want 1" }
        Invoke-WebRequest -UseBasicParsing -TimeoutSec 300 -Uri "$base/$name" -OutFile $file
        $got = (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash.ToLowerInvariant()
        if ($got -cne $want[0]) { throw "goproxy-setup: sha256 of $base/$name is $got, checksums.txt says $($want[0])" }

        New-Item -ItemType Directory -Force -Path $BinDir | Out-Null
        # Beside its place, so that the last step is a rename: nobody ever sees half a program.
        Copy-Item -LiteralPath $file -Destination $fresh
        if (-not $windows) {
            & chmod 755 $fresh
            if ($LASTEXITCODE -ne 0) { throw "goproxy-setup: chmod of $fresh ended with $LASTEXITCODE" }
        }
        & $fresh version
        if ($LASTEXITCODE -ne 0) { throw "goproxy-setup: the program does not run in $BinDir, exit code $LASTEXITCODE" }
        Move-Item -LiteralPath $fresh -Destination $program -Force
        Write-Verbose "installed $program"
    } finally {
        foreach ($rest in $temp, $fresh) {
            if (Test-Path -LiteralPath $rest) { Remove-Item -LiteralPath $rest -Recurse -Force }
        }
    }
    if (-not (($env:PATH -split [IO.Path]::PathSeparator) -contains $BinDir)) {
        Write-Warning "$BinDir is not on PATH"
    }
}

Install-GoproxySetup -Version $Version -BinDir $BinDir
