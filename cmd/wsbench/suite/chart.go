package suite

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// chart is a line chart, both of whose axes are logarithmic.
type chart struct {
	title, x, y string
	series      []series
}

type series struct {
	name   string
	points []point
}

type point struct{ x, y float64 }

const (
	width, height         = 720, 420
	left, right           = 80, 20
	top, bottom           = 50, 60
	plotWidth, plotHeight = width - left - right, height - top - bottom
)

// colours can be told apart by the colour-blind, and on white and black.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#999999", "#e69f00"}

// axis maps the values from 10^low to 10^high to 0..1.
type axis struct{ low, high float64 }

// newAxis goes from the power of ten below all values to that above them. What is
// not above 0 stands at the low end.
func newAxis(values []float64) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return axis{0, 1}
	}
	a := axis{math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))}
	a.high = max(a.high, a.low+1)
	return a
}

func (a axis) at(v float64) float64 {
	return (max(math.Log10(v), a.low) - a.low) / (a.high - a.low)
}

// ticks are the powers of ten.
func (a axis) ticks() []float64 {
	var ticks []float64
	for e := a.low; e <= a.high; e++ {
		ticks = append(ticks, math.Pow(10, e))
	}
	return ticks
}

// svg draws the chart.
func (c *chart) svg() []byte {
	out := new(strings.Builder)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", width, height)
	fmt.Fprintf(out, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(out, `<text x="%d" y="26" font-size="16">%s</text>`+"\n", left, html.EscapeString(c.title))
	xs, ys := c.axes()
	for _, v := range ys.ticks() {
		y := top + plotHeight*(1-ys.at(v))
		fmt.Fprintf(out, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, y, width-right, left-8, y+4, digits(v))
	}
	for _, v := range xs.ticks() {
		x := left + plotWidth*xs.at(v)
		fmt.Fprintf(out, `<path d="M%.1f %dV%d" stroke="#eee"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x, top, top+plotHeight, x, top+plotHeight+20, digits(v))
	}
	fmt.Fprintf(out, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", left+plotWidth/2, height-16, html.EscapeString(c.x))
	fmt.Fprintf(out, `<text transform="translate(18 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", top+plotHeight/2, html.EscapeString(c.y))
	for i, s := range c.series {
		colour := colours[i%len(colours)]
		fmt.Fprintf(out, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`+"\n", colour, path(s.points, xs, ys))
		x, y := left+12+i*plotWidth/max(len(c.series), 1), top-10
		fmt.Fprintf(out, `<path d="M%d %dh18" stroke="%s" stroke-width="3"/><text x="%d" y="%d">%s</text>`+"\n", x, y-4, colour, x+24, y, html.EscapeString(s.name))
	}
	out.WriteString("</svg>\n")
	return []byte(out.String())
}

func path(points []point, xs, ys axis) string {
	var all []string
	for _, p := range points {
		all = append(all, fmt.Sprintf("%.1f,%.1f", left+plotWidth*xs.at(p.x), top+plotHeight*(1-ys.at(p.y))))
	}
	return strings.Join(all, " ")
}

// axes covers all points.
func (c *chart) axes() (xs, ys axis) {
	var x, y []float64
	for _, s := range c.series {
		for _, p := range s.points {
			x, y = append(x, p.x), append(y, p.y)
		}
	}
	return newAxis(x), newAxis(y)
}
