package render

// style is a colour of a terminal, as its escape sequence's number.
type style string

// The colours say one thing each, and nothing is said by colour alone.
const (
	plain  style = ""
	green  style = "32" // made
	red    style = "31" // gone, blocked, lost
	yellow style = "33" // changed, advised
	cyan   style = "36" // power
	faint  style = "2"  // where and why
	bold   style = "1"
)

// paint answers the text in a style where colour is on.
func (o Options) paint(s style, text string) string {
	if !o.Color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
