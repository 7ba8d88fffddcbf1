package resp

import "strings"

// slots is how many hash slots a cluster has.
const slots = 16384

// What stands in the place of a slot.
const (
	anySlot   = -1 // no key
	nextsSlot = -2 // that of the command behind it, an ASKING goes where that goes
)

// slotOf returns the slot of a key or channel: the CRC16 of what is between its
// first { and the next }, if that is not empty, else of all of it (Redis Cluster
// specification, "Hash tags").
func slotOf(key string) int {
	if key == "" {
		return anySlot
	}
	if open := strings.IndexByte(key, '{'); open >= 0 {
		if length := strings.IndexByte(key[open+1:], '}'); length > 0 {
			key = key[open+1 : open+1+length]
		}
	}
	var crc uint16
	for i := range len(key) {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^key[i]]
	}
	return int(crc % slots)
}

// crcTable is that of CRC-16/XMODEM: polynomial 0x1021, most significant bit
// first.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
		table[i] = crc
	}
	return table
}()
