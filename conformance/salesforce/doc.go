// Package salesforce lets a client of Salesforce's that others wrote use the stand-in: what it takes for granted of the vendor the
// stand-in has to do. It is a module of its own, so that the program depends on none of it.
package salesforce
