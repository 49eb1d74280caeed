// Package isolateprocessor keeps the failures of one backend away from all others.
//
// Pipelines that receive from one connector are called one after the other, and an error of any of them goes to the sender, who
// sends again to all: a backend whose queue is full would have healthy ones get everything as often as it is tried, and agents
// would be refused. This processor stands first in a backend's pipeline and answers for it: what the backend could not take is
// lost to that backend alone. It is counted by the exporter (otelcol_exporter_enqueue_failed_*, otelcol_exporter_send_failed_*)
// and said in the log, at most once in ten seconds and signal.
//
// Nothing is held here: when the call returns, the exporter has the data in its queue or the data is lost and counted.
package isolateprocessor

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"
)

// silence is how long the log is silent after a line.
const silence = 10 * time.Second

// Config has nothing to set.
type Config struct{}

// NewFactory makes processors of type "isolate" for traces, metrics and logs.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		component.MustNewType("isolate"),
		func() component.Config { return &Config{} },
		processor.WithTraces(newTraces, component.StabilityLevelStable),
		processor.WithMetrics(newMetrics, component.StabilityLevelStable),
		processor.WithLogs(newLogs, component.StabilityLevelStable),
	)
}

// isolate is what the processors of the three signals have in common.
type isolate struct {
	component.StartFunc
	component.ShutdownFunc
	logger *zap.Logger
	// lost counts items since the last line of the log; nextLine is when there may be another, in nanoseconds since 1970.
	lost, nextLine atomic.Int64
}

// Capabilities says that data is passed on as it came.
func (*isolate) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// answer notes what the backend could not take, and lets nobody else hear of it.
func (i *isolate) answer(err error, items int) error {
	if err == nil {
		return nil
	}
	lost, now, next := i.lost.Add(int64(items)), time.Now().UnixNano(), i.nextLine.Load()
	if now >= next && i.nextLine.CompareAndSwap(next, now+int64(silence)) {
		i.lost.Add(-lost)
		i.logger.Warn("Lost for this backend alone; the others have it", zap.Int64("items", lost), zap.Error(err))
	}
	return nil
}

type traces struct {
	isolate
	next consumer.Traces
}

func newTraces(_ context.Context, set processor.Settings, _ component.Config, next consumer.Traces) (processor.Traces, error) {
	return &traces{isolate: isolate{logger: set.Logger}, next: next}, nil
}

// ConsumeTraces hands spans to the backend.
func (t *traces) ConsumeTraces(ctx context.Context, data ptrace.Traces) error {
	items := data.SpanCount() // before, for afterwards the data may be somebody else's
	return t.answer(t.next.ConsumeTraces(ctx, data), items)
}

type metrics struct {
	isolate
	next consumer.Metrics
}

func newMetrics(_ context.Context, set processor.Settings, _ component.Config, next consumer.Metrics) (processor.Metrics, error) {
	return &metrics{isolate: isolate{logger: set.Logger}, next: next}, nil
}

// ConsumeMetrics hands metric points to the backend.
func (m *metrics) ConsumeMetrics(ctx context.Context, data pmetric.Metrics) error {
	items := data.DataPointCount()
	return m.answer(m.next.ConsumeMetrics(ctx, data), items)
}

type logs struct {
	isolate
	next consumer.Logs
}

func newLogs(_ context.Context, set processor.Settings, _ component.Config, next consumer.Logs) (processor.Logs, error) {
	return &logs{isolate: isolate{logger: set.Logger}, next: next}, nil
}

// ConsumeLogs hands log records to the backend.
func (l *logs) ConsumeLogs(ctx context.Context, data plog.Logs) error {
	items := data.LogRecordCount()
	return l.answer(l.next.ConsumeLogs(ctx, data), items)
}
