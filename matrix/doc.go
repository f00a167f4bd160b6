// Package matrix proves the doctor on a running installation: each cause that it can see is made to happen for real
// (cli/cause), somebody asks about what he sees, over HTTP, and the right cause must come first; a healthy
// installation has none, and of two independent faults both are found, the nearer one first.
//
// It is a test and nothing else; make doctor-matrix runs it whole and writes docs/doctor-matrix.md. MATRIX=CODE[,CODE]
// runs the recipes of these causes alone. A recipe for a cause goes into cli/cause, in the file of its group.
package matrix
