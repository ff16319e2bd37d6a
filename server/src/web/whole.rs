//! A list as a file, to its end, one page of the database in memory at a time.
use app::viewer::Viewer;
use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use governance::{
    Ctx, Governance,
    engine::{
        Act,
        page::{PAGE_MAX, Page, Want},
    },
    error::{Error, Result},
    text::csv_cell,
};
use serde_json::Value;

/// How the lines of a file are written.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Csv,
    Json,
}

/// How one line of a list is written in either form.
pub(super) struct Lines<T> {
    pub head: &'static [&'static str],
    pub cells: fn(&T) -> Vec<String>,
    pub document: fn(&T) -> Result<Value>,
}

/// The person's context, if they may take lists away.
///
/// # Errors
/// `Forbidden`.
pub(super) fn exporting(gov: &Governance, viewer: &Viewer) -> Result<Ctx> {
    let ctx = super::exports::ctx(gov, viewer)?;
    ctx.authorize(Act::Export)?;
    Ok(ctx)
}

/// What is left to be sent.
struct Rest<T, P> {
    form: Form,
    lines: Lines<T>,
    page: P,
    /// The next page's cursor; `None` once the last is read.
    next: Option<String>,
    first: bool,
    ended: bool,
}

/// The whole list. The first page is read before the answer begins, so that what is refused is refused with a status; a later failure
/// cuts the answer off, which its reader sees.
///
/// # Errors
/// As the first page's reading.
pub(super) async fn whole<T, P, F>(form: Form, name: &str, lines: Lines<T>, mut page: P) -> Result<Response>
where
    T: Send + 'static,
    P: FnMut(Want) -> F + Send + 'static,
    F: Future<Output = Result<Page<T>>> + Send,
{
    let begin = page(Want { cursor: None, limit: PAGE_MAX }).await?;
    let mut rest = Rest { form, lines, page, next: begin.next, first: true, ended: false };
    let head = rest.text(&begin.items)?;
    let pages = stream::unfold((Some(head), rest), |(ready, mut rest)| async move {
        let chunk = match ready {
            Some(text) => Ok(text),
            None => rest.more().await.transpose()?,
        };
        Some((chunk.map(Bytes::from).map_err(|e| std::io::Error::other(e.detail)), (None, rest)))
    });
    Ok(file(form, name, Body::from_stream(pages)))
}

impl<T, P, F> Rest<T, P>
where
    P: FnMut(Want) -> F,
    F: Future<Output = Result<Page<T>>>,
{
    /// The next piece; `None` at the end.
    async fn more(&mut self) -> Result<Option<String>> {
        let Some(cursor) = self.next.take() else { return Ok(self.end()) };
        let page = (self.page)(Want { cursor: Some(cursor), limit: PAGE_MAX }).await?;
        self.next = page.next;
        self.text(&page.items).map(Some)
    }

    /// What closes the document.
    fn end(&mut self) -> Option<String> {
        let open = !std::mem::replace(&mut self.ended, true);
        (open && matches!(self.form, Form::Json)).then(|| "],\"next\":null}\n".to_owned())
    }

    fn text(&mut self, items: &[T]) -> Result<String> {
        let first = std::mem::replace(&mut self.first, false);
        let mut text = String::new();
        match self.form {
            Form::Csv => {
                if first {
                    text += &row(self.lines.head.iter().map(|h| (*h).to_owned()));
                }
                items.iter().for_each(|item| text += &row((self.lines.cells)(item).into_iter()));
            }
            Form::Json => {
                if first {
                    text += "{\"items\":[";
                }
                for (i, item) in items.iter().enumerate() {
                    if i > 0 || !first {
                        text.push(',');
                    }
                    text += &serde_json::to_string(&(self.lines.document)(item)?).map_err(Error::internal)?;
                }
            }
        }
        Ok(text)
    }
}

/// A line of RFC 4180, each cell guarded against being read as a formula.
pub(super) fn row(cells: impl Iterator<Item = String>) -> String {
    let quoted = cells.map(|c| format!("\"{}\"", csv_cell(&c).replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(",") + "\r\n"
}

pub(super) fn file(form: Form, name: &str, body: Body) -> Response {
    match form {
        Form::Csv => {
            let disposition = format!("attachment; filename=\"{name}.csv\"");
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, disposition),
            ];
            (headers, body).into_response()
        }
        Form::Json => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
    }
}
