package local

import (
	"iter"
	"slices"
	"strings"
)

// directoryBlock is how many groups a block of a directory has at most.
const directoryBlock = 512

// directory has groups by name, in blocks, so that one more moves few others, however many
// there are. No block is empty. Guarded by Engine.mu.
type directory struct{ blocks [][]*group }

// add puts in a group that is not there.
func (d *directory) add(g *group) {
	if len(d.blocks) == 0 {
		d.blocks = append(d.blocks, []*group{g})
		return
	}
	i, at, _ := d.find(g.name)
	block := slices.Insert(d.blocks[i], at, g)
	d.blocks[i] = block
	if len(block) > directoryBlock {
		half := len(block) / 2
		d.blocks[i] = slices.Clone(block[:half])
		d.blocks = slices.Insert(d.blocks, i+1, slices.Clone(block[half:]))
	}
}

// remove takes out a group that is there.
func (d *directory) remove(g *group) {
	i, at, _ := d.find(g.name)
	d.blocks[i] = slices.Delete(d.blocks[i], at, at+1)
	switch {
	case len(d.blocks[i]) == 0:
		d.blocks = slices.Delete(d.blocks, i, i+1)
	case !d.merge(i - 1):
		d.merge(i)
	}
}

// merge makes one block of i and the one behind it, if it stays half empty.
func (d *directory) merge(i int) bool {
	if i < 0 || i+1 >= len(d.blocks) || len(d.blocks[i])+len(d.blocks[i+1]) > directoryBlock/2 {
		return false
	}
	d.blocks[i] = slices.Concat(d.blocks[i], d.blocks[i+1])
	d.blocks = slices.Delete(d.blocks, i+1, i+2)
	return true
}

// find returns the block of a name and its place there, or where it would be. There must be
// a block.
func (d *directory) find(name string) (block, at int, found bool) {
	block, found = slices.BinarySearchFunc(d.blocks, name, func(b []*group, name string) int { return compareName(b[0], name) })
	if !found {
		block = max(block-1, 0)
	}
	at, found = slices.BinarySearchFunc(d.blocks[block], name, compareName)
	return block, at, found
}

func compareName(g *group, name string) int { return strings.Compare(g.name, name) }

// behind yields the groups whose names begin with prefix, and are behind after, in order.
func (d *directory) behind(prefix, after string) iter.Seq[*group] {
	return func(yield func(*group) bool) {
		if len(d.blocks) == 0 {
			return
		}
		i, at, found := d.find(max(prefix, after))
		if found && after >= prefix {
			at++
		}
		for ; i < len(d.blocks); i, at = i+1, 0 {
			for _, g := range d.blocks[i][at:] {
				if !strings.HasPrefix(g.name, prefix) || !yield(g) {
					return
				}
			}
		}
	}
}
