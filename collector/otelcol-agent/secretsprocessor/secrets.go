// Package secretsprocessor masks secrets in everything that passes: names, texts and values of spans, metrics and log records.
//
// What secrets look like is configured; collector/redaction.py writes it from the table the agents use. Each expression is searched
// only where a text it cannot do without is found, and all those texts are looked for in one pass over a value; what is known of a
// name is remembered. So the result is that of searching every value for every expression in turn, at a fraction of the price:
// upstream's redaction processor does that, and reaches neither names of spans nor links, exemplars and metrics.
//
// Lists and maps stay lists and maps, and numbers and truth values keep their type, unless their name is a secret's.
package secretsprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
)

// NewFactory makes processors of type "secrets" for traces, metrics and logs.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		component.MustNewType("secrets"),
		func() component.Config { return &Config{} },
		processor.WithTraces(newTraces, component.StabilityLevelStable),
		processor.WithMetrics(newMetrics, component.StabilityLevelStable),
		processor.WithLogs(newLogs, component.StabilityLevelStable),
	)
}

// secrets is what the processors of the three signals have in common.
type secrets struct {
	component.StartFunc
	component.ShutdownFunc
	redactor *redactor
}

func newSecrets(config component.Config) (secrets, error) {
	made, err := newRedactor(config.(*Config))
	return secrets{redactor: made}, err
}

// Capabilities says that data is changed in place.
func (*secrets) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: true}
}

type traces struct {
	secrets
	next consumer.Traces
}

func newTraces(_ context.Context, _ processor.Settings, config component.Config, next consumer.Traces) (processor.Traces, error) {
	common, err := newSecrets(config)
	return &traces{secrets: common, next: next}, err
}

// ConsumeTraces masks secrets in spans and hands them on.
func (t *traces) ConsumeTraces(ctx context.Context, data ptrace.Traces) error {
	w := t.redactor.begin()
	for _, resource := range data.ResourceSpans().All() {
		w.attributes(resource.Resource().Attributes())
		for _, scope := range resource.ScopeSpans().All() {
			w.scope(scope.Scope())
			for _, span := range scope.Spans().All() {
				w.span(span)
			}
		}
	}
	w.done()
	return t.next.ConsumeTraces(ctx, data)
}

func (w *work) scope(scope pcommon.InstrumentationScope) {
	w.change(scope.Name(), scope.SetName)
	w.change(scope.Version(), scope.SetVersion)
	w.attributes(scope.Attributes())
}

// change sets a text anew when it holds a secret.
func (w *work) change(text string, set func(string)) {
	if masked := w.text(text); masked != text {
		set(masked)
	}
}

func (w *work) span(span ptrace.Span) {
	w.change(span.Name(), span.SetName)
	w.change(span.Status().Message(), span.Status().SetMessage)
	w.change(span.TraceState().AsRaw(), span.TraceState().FromRaw)
	w.attributes(span.Attributes())
	for _, event := range span.Events().All() {
		w.change(event.Name(), event.SetName)
		w.attributes(event.Attributes())
	}
	for _, link := range span.Links().All() {
		w.change(link.TraceState().AsRaw(), link.TraceState().FromRaw)
		w.attributes(link.Attributes())
	}
}

type logs struct {
	secrets
	next consumer.Logs
}

func newLogs(_ context.Context, _ processor.Settings, config component.Config, next consumer.Logs) (processor.Logs, error) {
	common, err := newSecrets(config)
	return &logs{secrets: common, next: next}, err
}

// ConsumeLogs masks secrets in log records and hands them on.
func (l *logs) ConsumeLogs(ctx context.Context, data plog.Logs) error {
	w := l.redactor.begin()
	for _, resource := range data.ResourceLogs().All() {
		w.attributes(resource.Resource().Attributes())
		for _, scope := range resource.ScopeLogs().All() {
			w.scope(scope.Scope())
			for _, record := range scope.LogRecords().All() {
				w.change(record.EventName(), record.SetEventName)
				w.change(record.SeverityText(), record.SetSeverityText)
				w.attributes(record.Attributes())
				w.value(record.Body())
			}
		}
	}
	w.done()
	return l.next.ConsumeLogs(ctx, data)
}

type metrics struct {
	secrets
	next consumer.Metrics
}

func newMetrics(_ context.Context, _ processor.Settings, config component.Config, next consumer.Metrics) (processor.Metrics, error) {
	common, err := newSecrets(config)
	return &metrics{secrets: common, next: next}, err
}

// ConsumeMetrics masks secrets in metrics and hands them on.
func (m *metrics) ConsumeMetrics(ctx context.Context, data pmetric.Metrics) error {
	w := m.redactor.begin()
	for _, resource := range data.ResourceMetrics().All() {
		w.attributes(resource.Resource().Attributes())
		for _, scope := range resource.ScopeMetrics().All() {
			w.scope(scope.Scope())
			for _, metric := range scope.Metrics().All() {
				w.metric(metric)
			}
		}
	}
	w.done()
	return m.next.ConsumeMetrics(ctx, data)
}

func (w *work) metric(metric pmetric.Metric) {
	w.change(metric.Name(), metric.SetName)
	w.change(metric.Description(), metric.SetDescription)
	w.change(metric.Unit(), metric.SetUnit)
	w.attributes(metric.Metadata())
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		w.numbers(metric.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		w.numbers(metric.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		for _, point := range metric.Histogram().DataPoints().All() {
			w.attributes(point.Attributes())
			w.exemplars(point.Exemplars())
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, point := range metric.ExponentialHistogram().DataPoints().All() {
			w.attributes(point.Attributes())
			w.exemplars(point.Exemplars())
		}
	case pmetric.MetricTypeSummary:
		for _, point := range metric.Summary().DataPoints().All() {
			w.attributes(point.Attributes())
		}
	}
}

func (w *work) numbers(points pmetric.NumberDataPointSlice) {
	for _, point := range points.All() {
		w.attributes(point.Attributes())
		w.exemplars(point.Exemplars())
	}
}

func (w *work) exemplars(exemplars pmetric.ExemplarSlice) {
	for _, exemplar := range exemplars.All() {
		w.attributes(exemplar.FilteredAttributes())
	}
}
