//! Pages of a list: `$top` is the size of a page, `$skipToken` where it goes on, `nextLink` the way there.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::call::Call;
use super::reply::{Refusal, Reply};
use crate::tokens;

/// What a token says of the list it belongs to.
#[derive(Clone, Serialize, Deserialize)]
struct Mark<T> {
    list: String,
    after: T,
}

/// How many items a page of `call` has, at most `most`; `usual` where it does not say.
///
/// # Errors
/// 400 for a `$top` that is no number above 0.
pub(super) fn size(call: &Call, usual: usize, most: usize) -> Result<usize, Refusal> {
    let Some(top) = call.query.one("$top").filter(|top| !top.is_empty()) else { return Ok(usual) };
    match top.parse::<i128>() {
        Ok(top) if top > 0 => Ok(usize::try_from(top).unwrap_or(most).min(most)),
        _ => Err(Refusal::bad_request(format!("Invalid value '{top}' of $top: it must be a number above 0."))),
    }
}

/// Where the page of `call` begins: after what an earlier page ended with.
///
/// # Errors
/// 400 for a token that no page of this list gave.
pub(super) fn after<T: Clone + DeserializeOwned + Serialize>(call: &Call) -> Result<Option<T>, Refusal> {
    let Some(token) = call.query.one("$skipToken").filter(|token| !token.is_empty()) else { return Ok(None) };
    let mark: Option<Mark<T>> = tokens::verify(token, &call.twin.secrets().signing_key);
    match mark {
        Some(mark) if mark.list == call.operation.name => Ok(Some(mark.after)),
        _ => Err(Refusal::bad_request("The $skipToken is not one that this list gave.")),
    }
}

/// A page: its items, and the link to the next page if there is more after `last`.
pub(super) fn page<T: Clone + Serialize>(call: &Call, items: Vec<impl Serialize>, last: Option<T>) -> Reply {
    let next = last.map(|after| {
        let mark = Mark { list: call.operation.name.into(), after };
        let token = tokens::sign(&mark, &call.twin.secrets().signing_key);
        let query = call.query.with("$skipToken", &token);
        format!("{}{}?{query}", call.origin, call.path)
    });
    Reply::written(&Page { value: items, next })
}

/// A list that is one page.
pub(super) fn whole(items: Vec<impl Serialize>) -> Reply {
    Reply::written(&Page { value: items, next: None })
}

/// A page as it is written.
#[derive(Serialize)]
struct Page<I> {
    value: Vec<I>,
    #[serde(rename = "nextLink", skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}
