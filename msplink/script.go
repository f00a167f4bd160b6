package msplink

import _ "embed" // the script is served as it is

//go:embed msplink.js
var script string

// Script is msplink.js, for a server that gives it to its pages.
func Script() string { return script }
