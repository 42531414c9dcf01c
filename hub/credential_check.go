package hub

import "context"

// CheckCredentials asks the CRM of a connection whether it accepts the values. It returns an *InvalidError where they
// are wrong and an *UnavailableError where the CRM cannot be asked.
type CheckCredentials func(ctx context.Context, c Connection, values map[string]string) error
