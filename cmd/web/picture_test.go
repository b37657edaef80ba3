package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"

	"github.com/chromedp/chromedp"
)

// picture keeps what the whole page looks like in the folder SCREENSHOTS, if somebody asked for pictures.
func (b *person) picture(name string) {
	b.t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := b.step()
	defer cancel()
	taken, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		taken, err = fewerColours(taken)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name), taken, 0o600)
	}
	if err != nil {
		b.t.Fatalf("picture %s: %v", name, err)
	}
}

// fewerColours keeps the 256 most frequent colours of a PNG. The pages have some twenty and their shades at the edges of
// letters, so nobody sees the difference, and the file is a third of the size.
func fewerColours(original []byte) ([]byte, error) {
	in, err := png.Decode(bytes.NewReader(original))
	if err != nil {
		return nil, err
	}
	frame := in.Bounds()
	count := map[color.Color]int{}
	for y := range frame.Dy() {
		for x := range frame.Dx() {
			count[in.At(x, y)]++
		}
	}
	colours := make(color.Palette, 0, len(count))
	for c := range count {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.Color) int { return count[b] - count[a] })
	out := image.NewPaletted(frame, colours[:min(256, len(colours))])
	nearest := map[color.Color]uint8{}
	for _, c := range colours {
		nearest[c] = uint8(out.Palette.Index(c)) //nolint:gosec // a palette has 256 colours
	}
	for y := range frame.Dy() {
		for x := range frame.Dx() {
			out.SetColorIndex(x, y, nearest[in.At(x, y)])
		}
	}
	var file bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&file, out)
	return file.Bytes(), err
}
