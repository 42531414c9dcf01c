// Package meaning is the contract suite: one case for each meaning that the published contract states, by the
// contract's own number of it, with what it claims in words of ours. It has tests only.
package meaning
