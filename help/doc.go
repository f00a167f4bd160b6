// Package help is what anybody may read without a key: a page for each cause that the doctor knows, and reports that
// were shared.
//
// It promises five languages for what a shop reads, pages that a telephone shows and that need no script, and that a
// shared report tells no more than whoever shared it let out. It looks nothing up and changes nothing. The pages of
// causes are also text files, made here (docs/causes).
package help
