// Package clinic is where the doctor sees patients: it gathers what is known of a subject, examines it, and keeps
// what was found.
//
// It promises that a chart holds what its reader may see and nothing else, that nothing in it is made up (a part that
// could not be read is missing), and that every end that is no payment, every terminal that goes offline and every
// webhook that fails is examined once, whatever dies in between. It knows no rule, and stands beside the payments:
// nothing waits for it.
package clinic
