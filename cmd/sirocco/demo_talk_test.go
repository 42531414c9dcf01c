package main

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"sirocco/simulator"
)

// TestDemoTalks: a talk takes minutes, all that is said in it lies within, line after line, and what it is about is known of every
// job that the CRMs have.
func TestDemoTalks(t *testing.T) {
	for i := range demoTalks {
		talk := &demoTalks[i]
		lines, length := talk.said()
		if length < 2*time.Minute || length > 5*time.Minute {
			t.Errorf("the talk about %s takes %s", talk.jobs[0], length)
		}
		at := time.Duration(0)
		for _, l := range lines {
			if l.start <= at || l.end <= l.start || l.end >= length {
				t.Errorf("%q is said from %s to %s, of %s", l.text, l.start, l.end, length)
			}
			at = l.end
		}
		if length-at > 5*time.Second {
			t.Errorf("the talk about %s has words until %s, of %s", talk.jobs[0], at, length)
		}
		if len(talk.fields()) == 0 {
			t.Errorf("nothing that is found in the talk about %s goes to a field", talk.jobs[0])
		}
	}
	for _, p := range shownPlatforms() {
		crm := &demoCRM{Server: p.simulator(simulator.Options{Seed: 2, Records: 60, Around: time.Now()})}
		for _, job := range crm.Records("OPPORTUNITY") {
			if crm.Platform() == "SERVICE_TITAN" && talkAbout(job.Name) == nil {
				t.Errorf("nobody talks about %q", job.Name)
			}
		}
	}
}

// TestDemoSpeech: the audio is a WAV file as long as its talk, loud where a line is said and silent between them, in two voices.
func TestDemoSpeech(t *testing.T) {
	lines, length := demoTalks[0].said()
	file := speech(lines, length, 1)
	whole := func(at int) int { return int(binary.LittleEndian.Uint32(file[at:])) }
	if string(file[:4]) != "RIFF" || string(file[8:16]) != "WAVEfmt " || string(file[36:40]) != "data" || whole(4) != len(file)-8 || whole(40) != len(file)-44 {
		t.Fatalf("it is no WAV file: %q", file[:44])
	}
	if format, channels, bits := file[20], file[22], file[34]; format != 1 || channels != 1 || bits != 8 {
		t.Fatalf("format %d, %d channels, %d bits", format, channels, bits)
	}
	if lasts := time.Duration(whole(40)) * time.Second / time.Duration(whole(24)); lasts != length {
		t.Errorf("it lasts %s, what is said %s", lasts, length)
	}
	samples := file[44:]
	stretch := func(from, until time.Duration) []byte {
		return samples[int(from.Milliseconds())*demoRate/1000 : int(until.Milliseconds())*demoRate/1000]
	}
	loudness := func(part []byte) float64 {
		sum := 0.0
		for _, s := range part {
			sum += math.Pow(float64(s)-128, 2)
		}
		return math.Sqrt(sum / float64(len(part)))
	}
	at := time.Duration(0)
	for _, l := range lines {
		if silence := loudness(stretch(at, l.start)); silence != 0 {
			t.Errorf("before %q it is %.1f loud", l.text, silence)
		}
		if loud := loudness(stretch(l.start, l.end)); loud < 8 || loud > 90 {
			t.Errorf("%q is %.1f loud", l.text, loud)
		}
		at = l.end
	}
	again := speech(lines, length, 1)
	if string(again) != string(file) {
		t.Error("the same seed makes another sound")
	}
}
