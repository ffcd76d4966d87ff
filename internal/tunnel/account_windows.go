package tunnel

import (
	"syscall"

	"github.com/alexbrainman/sspi"
)

// ownAccount signs in with the account that runs this process, by SSPI: for
// LocalSystem and NetworkService that of the computer.
func ownAccount(name, proxy string) (Handshake, error) {
	pkg := map[string]string{"negotiate": sspi.NEGOSSP_NAME, "ntlm": sspi.NTLMSP_NAME}[name]
	info, err := sspi.QueryPackageInfo(pkg)
	if err != nil {
		return nil, err
	}
	credentials, err := sspi.AcquireCredentials("", pkg, sspi.SECPKG_CRED_OUTBOUND, nil)
	if err != nil {
		return nil, err
	}
	target, err := syscall.UTF16PtrFromString("HTTP/" + proxy) // its service principal name
	if err != nil {
		credentials.Release()
		return nil, err
	}
	return &account{credentials, sspi.NewClientContext(credentials, sspi.ISC_REQ_CONNECTION), target, info.MaxToken, false}, nil
}

type account struct {
	credentials *sspi.Credentials
	context     *sspi.Context
	target      *uint16
	max         uint32
	done        bool
}

// Next gives no input buffer with the first message, as the documentation of
// InitializeSecurityContext has it. The packages negotiate and ntlm of the library
// give an empty one, which Windows lets pass and Wine does not.
func (a *account) Next(challenge []byte) ([]byte, error) {
	if a.done {
		return nil, nil
	}
	var in [1]sspi.SecBuffer
	var inputs *sspi.SecBufferDesc
	if len(challenge) > 0 {
		in[0].Set(sspi.SECBUFFER_TOKEN, challenge)
		inputs = sspi.NewSecBufferDesc(in[:])
	}
	token := make([]byte, a.max)
	var out [1]sspi.SecBuffer
	out[0].Set(sspi.SECBUFFER_TOKEN, token)
	outputs := sspi.NewSecBufferDesc(out[:])
	errno := a.context.Update(a.target, outputs, inputs)
	switch errno {
	case sspi.SEC_E_OK:
		a.done = true
	case sspi.SEC_I_COMPLETE_NEEDED, sspi.SEC_I_COMPLETE_AND_CONTINUE:
		if errno = sspi.CompleteAuthToken(a.context.Handle, outputs); errno != sspi.SEC_E_OK {
			return nil, errno
		}
	case sspi.SEC_I_CONTINUE_NEEDED:
	default:
		return nil, errno
	}
	if out[0].BufferSize == 0 {
		return nil, nil
	}
	return token[:out[0].BufferSize], nil
}

// Close frees what the system holds.
func (a *account) Close() {
	if a.context.Handle != nil {
		a.context.Release()
	}
	a.credentials.Release()
}
