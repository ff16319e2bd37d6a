//! What the process says of itself: one line a request, and numbers for Prometheus. No secrets, no personal data: a line
//! names the route, never the path, and a person by id alone.
use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::IsTerminal as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tracing_subscriber::EnvFilter;

/// Starts the log on standard error. `filter` is as of `tracing` (`info`, `countersign=debug,info`).
///
/// # Errors
/// In one line, if the filter cannot be read.
pub fn start(filter: &str, json: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("the log filter {filter:?} cannot be read: {e}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let set = if json {
        log.json().flatten_event(true).try_init()
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    set.map_err(|e| format!("the log cannot be started: {e}"))
}

/// Upper bounds of the histogram's buckets, in milliseconds.
const BUCKETS: [u64; 11] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

#[derive(Default)]
struct Times {
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    sum_us: AtomicU64,
}

impl Times {
    fn add(&self, took: Duration) {
        let ms = took.as_secs_f64() * 1e3;
        for (bound, bucket) in BUCKETS.iter().zip(&self.buckets) {
            #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
            if ms <= *bound as f64 {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

type Key = (Method, String, u16);

/// Numbers by route, method and status. Labels come from our own routes alone, so their number is bounded.
#[derive(Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), Arc<Times>>>,
    gauges: Mutex<BTreeMap<&'static str, (&'static str, i64)>>,
}

impl Metrics {
    fn times(&self, (method, route, status): Key) -> Arc<Times> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(requests.entry((route, known(&method).to_owned(), status)).or_default())
    }

    /// Sets a number that goes up and down. `name` ends in its unit.
    pub fn gauge(&self, name: &'static str, help: &'static str, value: i64) {
        self.gauges.lock().unwrap_or_else(PoisonError::into_inner).insert(name, (help, value));
    }

    /// Prometheus' text format, version 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        let name = "countersign_http_request_duration_seconds";
        let _ = writeln!(out, "# HELP {name} Time to answer a request, by route.\n# TYPE {name} histogram");
        for ((route, method, status), times) in self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            for (bound, bucket) in BUCKETS.iter().zip(&times.buckets) {
                let (whole, rest) = (bound / 1_000, bound % 1_000);
                let _ = writeln!(
                    out,
                    "{name}_bucket{{{labels},le=\"{whole}.{rest:03}\"}} {}",
                    bucket.load(Ordering::Relaxed)
                );
            }
            let count = times.count.load(Ordering::Relaxed);
            let sum = Duration::from_micros(times.sum_us.load(Ordering::Relaxed)).as_secs_f64();
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _ = writeln!(out, "{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {count}");
        }
        for (name, (help, value)) in self.gauges.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        }
        let version = env!("CARGO_PKG_VERSION");
        let _ = writeln!(
            out,
            "# HELP countersign_build_info Which build this is.\n# TYPE countersign_build_info gauge\ncountersign_build_info{{version=\"{version}\"}} 1"
        );
        out
    }
}

/// A method as a label: a caller may invent any.
fn known(method: &Method) -> &str {
    match method.as_str() {
        m @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => m,
        _ => "other",
    }
}

/// One line and one measurement a request.
pub async fn observe(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |p| p.as_str().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    let took = began.elapsed();
    let status = response.status().as_u16();
    tracing::info!(
        http.method = known(&method),
        http.route = route,
        http.status = status,
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    metrics.times((method, route, status)).add(took);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_named_in_seconds() {
        let metrics = Metrics::default();
        for ms in [1, 3, 700] {
            metrics.times((Method::GET, "/healthz".into(), 200)).add(Duration::from_millis(ms));
        }
        metrics.gauge("countersign_log_events", "Events in the log.", 7);
        let text = metrics.text();
        let has = |line: &str| assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
        has(
            "countersign_http_request_duration_seconds_bucket{method=\"GET\",route=\"/healthz\",status=\"200\",le=\"0.005\"} 2",
        );
        has(
            "countersign_http_request_duration_seconds_bucket{method=\"GET\",route=\"/healthz\",status=\"200\",le=\"1.000\"} 3",
        );
        has(
            "countersign_http_request_duration_seconds_bucket{method=\"GET\",route=\"/healthz\",status=\"200\",le=\"+Inf\"} 3",
        );
        has("countersign_http_request_duration_seconds_count{method=\"GET\",route=\"/healthz\",status=\"200\"} 3");
        has("countersign_log_events 7");
    }

    #[test]
    fn an_invented_method_is_no_label_of_its_own() {
        assert_eq!(known(&Method::from_bytes(b"STEAL").unwrap()), "other");
    }
}
