package store

// FillUserKeys is the migration of that name.
var FillUserKeys = fillUserKeys
