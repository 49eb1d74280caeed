package secretsprocessor

import (
	"math/bits"
	"regexp"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

const (
	mask = "****"
	// maxNames bounds how many names are remembered; each is a judgement that costs some microseconds.
	maxNames = 10_000
	// maxNameLength bounds what is remembered of somebody who puts values into names.
	maxNameLength = 200
)

// redactor masks secrets in names, texts and values.
type redactor struct {
	secretNames, harmlessNames, harmlessValues, secretValues, plainValues []*regexp.Regexp

	scanner *scanner
	// always are expressions of which nothing is known that a match must hold, as bits.
	always []uint64
	hasAny bool

	// names are judgements; the map is never written to, only replaced.
	names     atomic.Pointer[map[string]judgement]
	namesLock sync.Mutex
}

// judgement is what is known of a name.
type judgement struct {
	// isSecret says that its value is a secret.
	isSecret bool
	// masked is the name itself without secrets, when it holds any.
	masked string
}

func newRedactor(config *Config) (*redactor, error) {
	r := &redactor{}
	for _, each := range []struct {
		setting     string
		expressions []string
		into        *[]*regexp.Regexp
	}{
		{"secret_names", config.SecretNames, &r.secretNames},
		{"harmless_names", config.HarmlessNames, &r.harmlessNames},
		{"harmless_values", config.HarmlessValues, &r.harmlessValues},
		{"secret_values", config.SecretValues, &r.secretValues},
		{"plain_values", config.PlainValues, &r.plainValues},
	} {
		compiled, err := compileAll(each.setting, each.expressions)
		if err != nil {
			return nil, err
		}
		*each.into = compiled
	}
	r.prepare(config.SecretValues)
	known := make(map[string]judgement, len(config.KnownNames))
	for _, name := range config.KnownNames {
		known[name] = judgement{}
	}
	r.names.Store(&known)
	return r, nil
}

func (r *redactor) prepare(expressions []string) {
	r.always = make([]uint64, (len(expressions)+63)/64)
	var texts []string
	var owners []uint16
	for number, expression := range expressions {
		found := required(expression)
		if found == nil {
			r.always[number>>6] |= 1 << (number & 63)
			r.hasAny = true
		}
		for _, text := range found {
			texts = append(texts, text)
			owners = append(owners, uint16(number))
		}
	}
	r.scanner = newScanner(texts, owners)
}

// work is one pass over one request: what it learns of names is kept for the next ones when it is done.
type work struct {
	*redactor
	names  map[string]judgement
	new    map[string]judgement
	marked []uint64
}

func (r *redactor) begin() *work {
	return &work{redactor: r, names: *r.names.Load(), marked: make([]uint64, len(r.always))}
}

func (w *work) done() {
	if len(w.new) == 0 {
		return
	}
	w.namesLock.Lock()
	defer w.namesLock.Unlock()
	old := *w.redactor.names.Load()
	if len(old)+len(w.new) > maxNames {
		return
	}
	all := make(map[string]judgement, len(old)+len(w.new))
	for name, one := range old {
		all[name] = one
	}
	for name, one := range w.new {
		all[name] = one
	}
	w.redactor.names.Store(&all)
}

// text is a text without secrets; the same one when it holds none.
func (w *work) text(text string) string {
	copy(w.marked, w.always)
	if !w.scanner.scan(text, w.marked) && !w.hasAny {
		return text
	}
	return w.masked(text)
}

func (w *work) masked(text string) string {
	if anyMatches(w.plainValues, text) {
		return text
	}
	for word, marks := range w.marked {
		for ; marks != 0; marks &= marks - 1 {
			text = w.secretValues[word<<6+bits.TrailingZeros64(marks)].ReplaceAllLiteralString(text, mask)
		}
	}
	return text
}

func (w *work) judge(name string) judgement {
	if known, ok := w.names[name]; ok {
		return known
	}
	if known, ok := w.new[name]; ok {
		return known
	}
	made := judgement{isSecret: !anyMatches(w.harmlessNames, name) && anyMatches(w.secretNames, name)}
	if masked := w.text(name); masked != name {
		made.masked = masked
	}
	if len(name) <= maxNameLength && len(w.names)+len(w.new) < maxNames {
		if w.new == nil {
			w.new = map[string]judgement{}
		}
		// A copy, because the name may be a part of the whole request.
		w.new[string([]byte(name))] = made
	}
	return made
}

func (w *work) attributes(attributes pcommon.Map) {
	isRenamed := false
	for name, value := range attributes.All() {
		known := w.judge(name)
		isRenamed = isRenamed || known.masked != ""
		if known.isSecret {
			w.secret(value)
		} else {
			w.value(value)
		}
	}
	if isRenamed {
		w.rename(attributes)
	}
}

// rename gives attributes whose names hold secrets names that do not.
func (w *work) rename(attributes pcommon.Map) {
	renamed := pcommon.NewMap()
	renamed.EnsureCapacity(attributes.Len())
	for name, value := range attributes.All() {
		if masked := w.judge(name).masked; masked != "" {
			name = masked
		}
		value.CopyTo(renamed.PutEmpty(name))
	}
	renamed.MoveTo(attributes)
}

// secret masks a value whose name is a secret's.
func (w *work) secret(value pcommon.Value) {
	if value.Type() != pcommon.ValueTypeEmpty && !anyMatches(w.harmlessValues, value.AsString()) {
		value.SetStr(mask)
	}
}

func (w *work) value(value pcommon.Value) {
	switch value.Type() {
	case pcommon.ValueTypeStr:
		text := value.Str()
		if masked := w.text(text); masked != text {
			value.SetStr(masked)
		}
	case pcommon.ValueTypeMap:
		w.attributes(value.Map())
	case pcommon.ValueTypeSlice:
		values := value.Slice()
		for i := range values.Len() {
			w.value(values.At(i))
		}
	case pcommon.ValueTypeBytes:
		text := string(value.Bytes().AsRaw())
		if masked := w.text(text); masked != text {
			value.Bytes().FromRaw([]byte(masked))
		}
	}
}
