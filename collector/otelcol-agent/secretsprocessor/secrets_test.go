package secretsprocessor

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"regexp/syntax"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
)

const token = "ghp_0123456789abcdefghijABCDEFGHIJ012345"

// shipped is the configuration of collector/config/base.yaml, which BASE names.
func shipped(t testing.TB) *Config {
	t.Helper()
	path := os.Getenv("BASE")
	if path == "" {
		t.Fatal("set BASE to the path of collector/config/base.yaml")
	}
	provider := fileprovider.NewFactory().Create(confmap.ProviderSettings{})
	read, err := provider.Retrieve(context.Background(), "file:"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := read.AsConf()
	if err != nil {
		t.Fatal(err)
	}
	part, err := whole.Sub("processors::secrets")
	if err != nil {
		t.Fatal(err)
	}
	config := &Config{}
	if err := part.Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	// The collector itself reads "$$" as "$".
	for _, list := range []*[]string{
		&config.SecretNames, &config.KnownNames, &config.HarmlessNames, &config.HarmlessValues, &config.SecretValues, &config.PlainValues,
	} {
		for i, each := range *list {
			(*list)[i] = strings.ReplaceAll(each, "$$", "$")
		}
	}
	return config
}

func redactorOf(t testing.TB, config *Config) *redactor {
	t.Helper()
	made, err := newRedactor(config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// inTurn is what the processor promises: what is plain passes, and everything else is searched for every expression in turn.
func (r *redactor) inTurn(text string) string {
	if anyMatches(r.plainValues, text) {
		return text
	}
	for _, each := range r.secretValues {
		text = each.ReplaceAllLiteralString(text, mask)
	}
	return text
}

// example is a text that an expression matches.
func example(re *syntax.Regexp, chance *rand.Rand) string {
	switch re.Op {
	case syntax.OpLiteral:
		text := string(re.Rune)
		if re.Flags&syntax.FoldCase != 0 && chance.Intn(2) == 0 {
			text = strings.ToLower(text)
		}
		return text
	case syntax.OpCharClass:
		at := 2 * chance.Intn(len(re.Rune)/2)
		low, high := re.Rune[at], min(re.Rune[at+1], re.Rune[at]+200)
		return string(low + chance.Int31n(high-low+1))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture, syntax.OpPlus:
		return example(re.Sub[0], chance)
	case syntax.OpQuest, syntax.OpStar:
		if chance.Intn(2) == 0 {
			return ""
		}
		return example(re.Sub[0], chance)
	case syntax.OpRepeat:
		text := ""
		for range re.Min + chance.Intn(2) {
			text += example(re.Sub[0], chance)
		}
		return text
	case syntax.OpConcat:
		text := ""
		for _, sub := range re.Sub {
			text += example(sub, chance)
		}
		return text
	case syntax.OpAlternate:
		return example(re.Sub[chance.Intn(len(re.Sub))], chance)
	}
	return ""
}

// Whatever an expression finds holds one of the texts it is looked for by.
func TestEveryMatchHoldsARequiredText(t *testing.T) {
	expressions := append(shipped(t).SecretValues, `(?i)api[_-]?key=\S+`, `a|b`, `(?:gh[op]|x)_[a-z]{2}`, `(?i)task_id`, `[a-z]+`, `(?:ab)?c`, `(ab){2}d*`, `^\bfoo$`)
	chance := rand.New(rand.NewSource(3))
	for _, expression := range expressions {
		parsed, err := syntax.Parse(expression, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		texts := required(expression)
		for range 50 {
			made := strings.ToLower(example(parsed, chance))
			isHeld := texts == nil
			for _, text := range texts {
				isHeld = isHeld || strings.Contains(made, text)
			}
			if !isHeld {
				t.Errorf("%s matches %q, which holds none of %q", expression, made, texts)
			}
		}
	}
}

func TestRequiredTexts(t *testing.T) {
	for expression, expected := range map[string][]string{
		`ghp_[0-9A-Za-z]{36}`:  {"ghp_"},
		`gh[op]_[a-z]{9}`:      {"gho_", "ghp_"},
		`\b(?:AKIA|ASIA)[A-Z]`: {"akia", "asia"},
		`[0-9a-f]{32}-us[0-9]`: {"-us0", "-us1", "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9"},
		`(?i)bearer .+`:        {"bearer "},
		`(?i)token`:            nil, // "k" is also the Kelvin sign
		`[0-9a-f]{6}`:          nil,
		`x*`:                   nil,
	} {
		if found := required(expression); !reflect.DeepEqual(found, expected) {
			t.Errorf("%s: expected %q, found %q", expression, expected, found)
		}
	}
}

// Hardly any shipped expression has to be searched for in every value: each that has costs what all others together do.
func TestShippedExpressionsAreLookedForByTexts(t *testing.T) {
	var without []string
	for _, expression := range shipped(t).SecretValues {
		if required(expression) == nil {
			without = append(without, expression)
		}
	}
	if len(without) > 3 {
		t.Errorf("begin these, or continue them, with letters: %q", without)
	}
}

// One pass and what it spares give what every expression in turn gives, over texts made of pieces of secrets.
func TestSparingSearchesChangesNothing(t *testing.T) {
	config := shipped(t)
	r := redactorOf(t, config)
	chance := rand.New(rand.NewSource(5))
	var pieces []string
	for _, expression := range config.SecretValues {
		parsed, _ := syntax.Parse(expression, syntax.Perl)
		for range 3 {
			made := example(parsed, chance)
			pieces = append(pieces, made, made[:len(made)/2], made[len(made)/2:], strings.ToUpper(made))
		}
	}
	pieces = append(pieces, " ", "=", ": ", `"`, "/", "a", "value 12 of a field", "\xff", "é")
	w := r.begin()
	masked := 0
	for range 20_000 {
		text := ""
		for range 1 + chance.Intn(4) {
			text += pieces[chance.Intn(len(pieces))]
		}
		expected := r.inTurn(text)
		if found := w.text(text); found != expected {
			t.Fatalf("%q: expected %q, found %q", text, expected, found)
		}
		if expected != text {
			masked++
		}
	}
	if masked < 5_000 {
		t.Errorf("only %d of 20000 texts held a secret", masked)
	}
}

func TestTheScannerFindsWhatIsThere(t *testing.T) {
	chance := rand.New(rand.NewSource(7))
	texts := []string{"a", "ab", "bab", "bc", "bca", "c", "caa", "é"}
	owners := []uint16{0, 1, 2, 3, 4, 5, 6, 70}
	s := newScanner(texts, owners)
	for range 5_000 {
		text := ""
		for range chance.Intn(12) {
			text += []string{"a", "b", "c", "A", "B", "x", "é"}[chance.Intn(7)]
		}
		expected, found := make([]uint64, 2), make([]uint64, 2)
		for i, each := range texts {
			if strings.Contains(strings.ToLower(text), each) {
				expected[owners[i]>>6] |= 1 << (owners[i] & 63)
			}
		}
		isAny := s.scan(text, found)
		if !reflect.DeepEqual(found, expected) || isAny != (expected[0]|expected[1] != 0) {
			t.Fatalf("%q: expected %b, found %b", text, expected, found)
		}
	}
}

func TestNamesAreJudgedOnceAndRememberedWithinBounds(t *testing.T) {
	r := redactorOf(t, shipped(t))
	for name, isSecret := range map[string]bool{
		"db.passphrase": true, "client.secret": true, "gen_ai.usage.input_tokens": false, "eos_token": false, "auth_token": true, "order.id": false,
	} {
		for range 2 {
			w := r.begin()
			if w.judge(name).isSecret != isSecret {
				t.Errorf("%s: expected %v", name, isSecret)
			}
			w.done()
		}
		if _, ok := (*r.names.Load())[name]; !ok {
			t.Errorf("%s is not remembered", name)
		}
	}
	for batch := range 30 {
		w := r.begin()
		for number := range 1_000 {
			w.judge(fmt.Sprintf("order.%d.%d", batch, number))
		}
		w.judge(strings.Repeat("long", 100))
		w.done()
	}
	if known := len(*r.names.Load()); known > maxNames {
		t.Errorf("%d names are remembered", known)
	}
}

func TestAnExpressionThatCannotBeReadIsNamed(t *testing.T) {
	err := (&Config{SecretValues: []string{"a", "(b"}}).Validate()
	if err == nil || !strings.Contains(err.Error(), "secret_values[1]") {
		t.Errorf("found %v", err)
	}
}

// sink keeps what it is given.
type sink struct{ data any }

func (*sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *sink) ConsumeTraces(_ context.Context, data ptrace.Traces) error { s.data = data; return nil }

func (s *sink) ConsumeLogs(_ context.Context, data plog.Logs) error { s.data = data; return nil }

func (s *sink) ConsumeMetrics(_ context.Context, data pmetric.Metrics) error {
	s.data = data
	return nil
}

// fill puts a token wherever an attribute can have one.
func fill(attributes pcommon.Map) {
	attributes.PutStr("text", "have "+token+" here")
	attributes.PutEmptyBytes("bytes").FromRaw([]byte(token))
	attributes.PutStr("auth_token", "plain")
	attributes.PutInt("password", 1234)
	attributes.PutBool("has_password", true)
	attributes.PutInt("count", 7)
	attributes.PutStr(token, "in a name")
	deep := attributes.PutEmptyMap("map")
	deep.PutStr("api_key", "plain")
	deep.PutEmptySlice("list").AppendEmpty().SetStr(token)
}

func check(t *testing.T, attributes pcommon.Map) {
	t.Helper()
	expected := map[string]any{
		"text": "have **** here", "bytes": []byte(mask), "auth_token": mask, "password": mask, "has_password": true, "count": int64(7),
		mask: "in a name", "map": map[string]any{"api_key": mask, "list": []any{mask}},
	}
	if found := attributes.AsRaw(); !reflect.DeepEqual(found, expected) {
		t.Errorf("expected %v, found %v", expected, found)
	}
}

func same(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if text != mask {
			t.Errorf("expected %s, found %s", mask, text)
		}
	}
}

func TestEveryPlaceOfATrace(t *testing.T) {
	data := ptrace.NewTraces()
	resource := data.ResourceSpans().AppendEmpty()
	fill(resource.Resource().Attributes())
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName(token)
	scope.Scope().SetVersion(token)
	fill(scope.Scope().Attributes())
	span := scope.Spans().AppendEmpty()
	span.SetName(token)
	span.Status().SetMessage(token)
	span.TraceState().FromRaw("a=" + token)
	fill(span.Attributes())
	event := span.Events().AppendEmpty()
	event.SetName(token)
	fill(event.Attributes())
	link := span.Links().AppendEmpty()
	link.TraceState().FromRaw("a=" + token)
	fill(link.Attributes())
	seen := &sink{}
	made, err := newTraces(context.Background(), processor.Settings{}, shipped(t), seen)
	if err != nil || !made.Capabilities().MutatesData || made.ConsumeTraces(context.Background(), data) != nil {
		t.Fatal(err)
	}

	resource = seen.data.(ptrace.Traces).ResourceSpans().At(0)
	scope = resource.ScopeSpans().At(0)
	span = scope.Spans().At(0)
	same(t, scope.Scope().Name(), scope.Scope().Version(), span.Name(), span.Status().Message(), span.Events().At(0).Name())
	same(t, strings.TrimPrefix(span.TraceState().AsRaw(), "a="), strings.TrimPrefix(span.Links().At(0).TraceState().AsRaw(), "a="))
	check(t, resource.Resource().Attributes())
	check(t, scope.Scope().Attributes())
	check(t, span.Attributes())
	check(t, span.Events().At(0).Attributes())
	check(t, span.Links().At(0).Attributes())
}

func TestEveryPlaceOfALogRecord(t *testing.T) {
	data := plog.NewLogs()
	resource := data.ResourceLogs().AppendEmpty()
	fill(resource.Resource().Attributes())
	scope := resource.ScopeLogs().AppendEmpty()
	fill(scope.Scope().Attributes())
	record := scope.LogRecords().AppendEmpty()
	record.SetEventName(token)
	record.SetSeverityText(token)
	fill(record.Attributes())
	fill(record.Body().SetEmptyMap())
	scope.LogRecords().AppendEmpty().Body().SetStr(token)
	seen := &sink{}
	made, err := newLogs(context.Background(), processor.Settings{}, shipped(t), seen)
	if err != nil || made.ConsumeLogs(context.Background(), data) != nil {
		t.Fatal(err)
	}

	resource = seen.data.(plog.Logs).ResourceLogs().At(0)
	record = resource.ScopeLogs().At(0).LogRecords().At(0)
	same(t, record.EventName(), record.SeverityText(), resource.ScopeLogs().At(0).LogRecords().At(1).Body().Str())
	check(t, resource.Resource().Attributes())
	check(t, resource.ScopeLogs().At(0).Scope().Attributes())
	check(t, record.Attributes())
	check(t, record.Body().Map())
}

func TestEveryPlaceOfAMetric(t *testing.T) {
	data := pmetric.NewMetrics()
	resource := data.ResourceMetrics().AppendEmpty()
	fill(resource.Resource().Attributes())
	scope := resource.ScopeMetrics().AppendEmpty()
	fill(scope.Scope().Attributes())
	var attributes []pcommon.Map
	for number := range 5 {
		metric := scope.Metrics().AppendEmpty()
		metric.SetName(token)
		metric.SetDescription(token)
		metric.SetUnit(token)
		attributes = append(attributes, metric.Metadata())
		switch number {
		case 0:
			point := metric.SetEmptyGauge().DataPoints().AppendEmpty()
			attributes = append(attributes, point.Attributes(), point.Exemplars().AppendEmpty().FilteredAttributes())
		case 1:
			point := metric.SetEmptySum().DataPoints().AppendEmpty()
			attributes = append(attributes, point.Attributes(), point.Exemplars().AppendEmpty().FilteredAttributes())
		case 2:
			point := metric.SetEmptyHistogram().DataPoints().AppendEmpty()
			attributes = append(attributes, point.Attributes(), point.Exemplars().AppendEmpty().FilteredAttributes())
		case 3:
			point := metric.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
			attributes = append(attributes, point.Attributes(), point.Exemplars().AppendEmpty().FilteredAttributes())
		case 4:
			attributes = append(attributes, metric.SetEmptySummary().DataPoints().AppendEmpty().Attributes())
		}
	}
	for _, each := range attributes {
		fill(each)
	}
	seen := &sink{}
	made, err := newMetrics(context.Background(), processor.Settings{}, shipped(t), seen)
	if err != nil || made.ConsumeMetrics(context.Background(), data) != nil {
		t.Fatal(err)
	}

	check(t, resource.Resource().Attributes())
	check(t, scope.Scope().Attributes())
	for _, each := range attributes {
		check(t, each)
	}
	for _, metric := range seen.data.(pmetric.Metrics).ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		same(t, metric.Name(), metric.Description(), metric.Unit())
	}
}

// Requests are looked at side by side.
func TestRequestsAtOnce(t *testing.T) {
	r := redactorOf(t, shipped(t))
	finished := make(chan string)
	for worker := range 4 {
		go func() {
			said := ""
			for number := range 500 {
				w := r.begin()
				attributes := pcommon.NewMap()
				attributes.PutStr(fmt.Sprintf("worker.%d.%d.token", worker, number%50), "plain")
				attributes.PutStr("text", token)
				w.attributes(attributes)
				w.done()
				for name, value := range attributes.All() {
					if value.Str() != mask {
						said = name
					}
				}
			}
			finished <- said
		}()
	}
	for range 4 {
		if said := <-finished; said != "" {
			t.Errorf("%s was not masked", said)
		}
	}
}

var kept string

// What a span's values cost: BASE=… go test -bench . ./secretsprocessor
func BenchmarkText(b *testing.B) {
	r := redactorOf(b, shipped(b))
	w := r.begin()
	for name, text := range map[string]string{
		"plain":      "value 123 of a field",
		"statement":  "SELECT id, price FROM orders WHERE symbol = ? AND day = ? ORDER BY id",
		"sentence":   "The token counts of the last answer: 15 in, 31 out; no password was asked for.",
		"all tokens": token,
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				kept = w.text(text)
			}
		})
	}
}
