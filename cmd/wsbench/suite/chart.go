package suite

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// chart is a line chart.
type chart struct {
	title, x, y string
	series      []series
	logX, logY  bool
	nines       bool // x is a fraction up to 0.9999, each nine of which is as wide as another
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

// axis maps values to 0..1, and knows where ticks belong.
type axis struct {
	low, high float64 // of what scale returns
	scale     func(float64) float64
	ticks     []float64
	label     func(float64) string
}

func (a *axis) at(v float64) float64 {
	return (a.scale(v) - a.low) / (a.high - a.low)
}

// svg draws the chart.
func (c *chart) svg() []byte {
	out := new(strings.Builder)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", width, height)
	fmt.Fprintf(out, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(out, `<text x="%d" y="26" font-size="16">%s</text>`+"\n", left, html.EscapeString(c.title))
	xs, ys := c.axes()
	for _, v := range ys.ticks {
		y := top + plotHeight*(1-ys.at(v))
		fmt.Fprintf(out, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, y, width-right, left-8, y+4, ys.label(v))
	}
	for _, v := range xs.ticks {
		x := left + plotWidth*xs.at(v)
		fmt.Fprintf(out, `<path d="M%.1f %dV%d" stroke="#eee"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x, top, top+plotHeight, x, top+plotHeight+20, xs.label(v))
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

func path(points []point, xs, ys *axis) string {
	var all []string
	for _, p := range points {
		all = append(all, fmt.Sprintf("%.1f,%.1f", left+plotWidth*xs.at(p.x), top+plotHeight*(1-ys.at(p.y))))
	}
	return strings.Join(all, " ")
}

// axes covers all points.
func (c *chart) axes() (xs, ys *axis) {
	var x, y []float64
	for _, s := range c.series {
		for _, p := range s.points {
			x, y = append(x, p.x), append(y, p.y)
		}
	}
	if c.nines {
		xs = ninesAxis()
	} else {
		xs = newAxis(x, c.logX)
	}
	return xs, newAxis(y, c.logY)
}

// newAxis covers the values: linearly from 0, or by powers of ten.
func newAxis(values []float64, log bool) *axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if log && v <= 0 {
			continue // has no place
		}
		low, high = min(low, v), max(high, v)
	}
	if low > high {
		low, high = 1, 10 // there are none
	}
	if log {
		return logAxis(math.Floor(math.Log10(low)), math.Ceil(math.Log10(high)))
	}
	return linearAxis(high)
}

// logAxis goes from 10^low to 10^high.
func logAxis(low, high float64) *axis {
	if low == high {
		high++
	}
	a := &axis{low: low, high: high, label: digits}
	a.scale = func(v float64) float64 { return math.Log10(max(v, math.Pow(10, low))) }
	for e := low; e <= high; e++ {
		a.ticks = append(a.ticks, math.Pow(10, e))
	}
	return a
}

// linearAxis goes from 0 to a round number of at least high.
func linearAxis(high float64) *axis {
	step := math.Pow(10, math.Floor(math.Log10(max(high, 1e-9))))
	for _, part := range []float64{0.1, 0.2, 0.5, 1} {
		if high/(step*part) <= 10 {
			step *= part
			break
		}
	}
	a := &axis{scale: func(v float64) float64 { return v }, label: digits}
	n := math.Max(1, math.Ceil(high/step-1e-9))
	for i := 0.0; i <= n; i++ {
		a.ticks = append(a.ticks, i*step)
	}
	a.high = n * step
	return a
}

// ninesAxis is that of percentiles up to the 99.99th.
func ninesAxis() *axis {
	return &axis{
		high:  4,
		scale: func(v float64) float64 { return -math.Log10(1 - min(v, 0.9999)) },
		ticks: []float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999},
		label: func(v float64) string { return fmt.Sprintf("%g", math.Round(v*1e6)/1e4) },
	}
}
