package main

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// demoRate is how many samples a second of the demo's audio has, of eight bits each: that of a telephone.
const demoRate = 8000

// speech is the audio of a talk, as a WAV file: two voices by turns murmur what it says, a syllable for each vowel. Nobody
// understands them, but where somebody speaks, who, and where there is a pause is heard as it was said.
func speech(lines []demoLine, length time.Duration, seed uint64) []byte {
	samples := int(length.Milliseconds() * demoRate / 1000)
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+samples))
	file = append(file, "WAVEfmt "...)
	file = binary.LittleEndian.AppendUint32(file, 16)
	for _, part := range []uint16{1, 1} { // PCM, of one channel
		file = binary.LittleEndian.AppendUint16(file, part)
	}
	file = binary.LittleEndian.AppendUint32(file, demoRate)
	file = binary.LittleEndian.AppendUint32(file, demoRate) // bytes a second
	for _, part := range []uint16{1, 8} {                   // bytes and bits of a sample
		file = binary.LittleEndian.AppendUint16(file, part)
	}
	file = binary.LittleEndian.AppendUint32(append(file, "data"...), uint32(samples))
	head := len(file)
	for range samples {
		file = append(file, 128) // silence
	}
	voices := map[string]*voice{"A": newVoice(112, 1, seed), "B": newVoice(188, 1.14, seed+1)}
	for _, line := range lines {
		from, until := line.start.Milliseconds()*demoRate/1000, line.end.Milliseconds()*demoRate/1000
		voices[line.speaker].say(file[head+int(from):head+int(until)], line.text)
	}
	return file
}

// formants are the two lowest frequencies at which a mouth resounds that says a vowel.
var formants = map[rune][2]float64{'a': {730, 1090}, 'e': {530, 1840}, 'i': {300, 2200}, 'o': {570, 860}, 'u': {320, 900}, 'y': {300, 1900}}

// voice is that of a speaker.
type voice struct {
	*rand.Rand
	// pitch is its own in Hertz, size how much higher than others its mouth resounds.
	pitch, size float64
	phase       float64
	mouth       [3]resonator
}

func newVoice(pitch, size float64, seed uint64) *voice {
	return &voice{Rand: rand.New(rand.NewPCG(seed, 2)), pitch: pitch, size: size}
}

// say fills a stretch with a line, whose words follow each other evenly.
func (v *voice) say(stretch []byte, line string) {
	words := strings.Fields(strings.ToLower(line))
	for i, word := range words {
		from, until := i*len(stretch)/len(words), (i+1)*len(stretch)/len(words)
		if strings.ContainsAny(word, ".,?!") { // a breath
			until -= (until - from) / 4
		}
		var vowels []rune
		for at, letter := range word {
			if _, is := formants[letter]; is && (at == 0 || !strings.ContainsRune("aeiouy", rune(word[at-1]))) {
				vowels = append(vowels, letter)
			}
		}
		if len(vowels) == 0 {
			vowels = []rune{'e'}
		}
		// It falls towards the end, unless it is a question.
		tune := 1.12 - 0.25*float64(i)/float64(len(words))
		if strings.HasSuffix(line, "?") {
			tune = 0.95 + 0.25*float64(i)/float64(len(words))
		}
		for j, vowel := range vowels {
			at := from + j*(until-from)/len(vowels)
			v.syllable(stretch[at:from+(j+1)*(until-from)/len(vowels)], vowel, v.pitch*tune*(0.96+v.Float64()*0.08))
		}
	}
}

// syllable is a hiss that becomes a vowel and fades.
func (v *voice) syllable(stretch []byte, vowel rune, pitch float64) {
	f := formants[vowel]
	for i, tuned := range [...]resonator{resonatorAt(f[0]*v.size, 80), resonatorAt(f[1]*v.size, 110), resonatorAt(2500*v.size, 180)} {
		tuned.before, tuned.last = v.mouth[i].before, v.mouth[i].last // it goes on sounding
		v.mouth[i] = tuned
	}
	for n := range stretch {
		done := float64(n) / float64(len(stretch))
		v.phase += pitch / demoRate
		v.phase -= math.Floor(v.phase)
		sound := 0.04 * (v.Float64() - 0.5)
		if v.phase < 0.6 { // the glottis is open
			sound += math.Sin(v.phase / 0.6 * math.Pi * 1.5)
		}
		sound *= math.Pow(math.Sin(math.Pi*math.Min(1, 0.06+done)), 0.6)
		if done < 0.12 {
			sound = 0.3 * (v.Float64() - 0.5)
		}
		for i := range v.mouth {
			sound = v.mouth[i].sound(sound)
		}
		stretch[n] = byte(128 + 100*math.Tanh(0.9*sound))
	}
}

// resonator lets one frequency through more than others.
type resonator struct{ gain, once, twice, last, before float64 }

func resonatorAt(frequency, width float64) resonator {
	shrinks := math.Exp(-math.Pi * width / demoRate)
	once, twice := 2*shrinks*math.Cos(2*math.Pi*frequency/demoRate), -shrinks*shrinks
	return resonator{gain: 1 - once - twice, once: once, twice: twice}
}

func (r *resonator) sound(in float64) float64 {
	out := r.gain*in + r.once*r.last + r.twice*r.before
	r.before, r.last = r.last, out
	return out
}
