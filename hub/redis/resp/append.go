package resp

import (
	"bytes"
	"strconv"
)

// appendCommand appends a command as an array of strings; key is that of a script. The
// arguments do not escape, so that a call of Do allocates nothing for them.
func appendCommand(b []byte, key string, args []any) []byte {
	if script, ok := args[0].(*Script); ok {
		args = args[1:]
		keys := len(script.suffixes)
		for i := 0; i < len(args) && isKey(args[i]); i++ {
			keys++
		}
		b = appendHead(b, '*', len(args)+3+len(script.suffixes))
		b = appendText(b, "EVALSHA")
		b = appendText(b, script.sha)
		b = appendArgument(b, keys)
		for _, suffix := range script.suffixes {
			b = appendHead(b, '$', len(key)+len(suffix))
			b = append(append(append(b, key...), suffix...), "\r\n"...)
		}
	} else {
		b = appendHead(b, '*', len(args))
	}
	for _, arg := range args {
		b = appendArgument(b, arg)
	}
	return b
}

func isKey(arg any) bool {
	_, is := arg.(Key)
	return is
}

func appendArgument(b []byte, arg any) []byte {
	var digits [20]byte
	switch arg := arg.(type) {
	case string:
		return appendText(b, arg)
	case Key:
		return appendText(b, string(arg))
	case []byte:
		return appendText(b, arg)
	case int:
		return appendText(b, strconv.AppendInt(digits[:0], int64(arg), 10))
	case int64:
		return appendText(b, strconv.AppendInt(digits[:0], arg, 10))
	case uint64:
		return appendText(b, strconv.AppendUint(digits[:0], arg, 10))
	}
	panic("resp: an argument is neither string, Key, []byte, int, int64 nor uint64")
}

// appendHead appends a first byte, a length and a line end.
func appendHead(b []byte, first byte, n int) []byte {
	b = strconv.AppendInt(append(b, first), int64(n), 10)
	return append(b, "\r\n"...)
}

func appendText[T string | []byte](b []byte, text T) []byte {
	b = appendHead(b, '$', len(text))
	b = append(b, text...)
	return append(b, "\r\n"...)
}

// appendEval appends a command that calls script by its hash, so that it carries
// the source instead.
func appendEval(b, command []byte, script *Script) []byte {
	end := bytes.IndexByte(command, '\n')
	b = append(b, command[:end+1]...) // as many strings as before
	b = appendText(b, "EVAL")
	b = appendText(b, script.source)
	return append(b, command[end+1+len("$7\r\nEVALSHA\r\n$40\r\n")+len(script.sha)+len("\r\n"):]...)
}
