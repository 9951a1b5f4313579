//! The text that tells the SOC why an incident was closed.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::decide::Change;
use crate::model::{Alert, AlertState};

/// The closing text of a change: what happened, where, and in which run it was followed.
///
/// It names each alert by its title and its ARM name, up to a few, and says no more than was read: Defender for Cloud does
/// not tell who moved an alert. Control characters of titles are escaped. Plain text of at most about 2,000 characters.
pub fn closing_text(change: &Change, run: &str) -> String {
    let said: Vec<String> = change.alerts.iter().take(NAMED_ALERTS).map(say).collect();
    let more = match change.alerts.len().saturating_sub(NAMED_ALERTS) {
        0 => String::new(),
        more => format!("; and {more} more, all finished"),
    };
    format!("Closed because of what happened in Defender for Cloud: {}{more}. [lockstep run {run}]", said.join("; "))
}

fn say(alert: &Alert) -> String {
    let what = match alert.state {
        AlertState::Dismissed => "was dismissed",
        AlertState::Resolved => "was resolved",
        AlertState::InProgress => "is in progress",
        AlertState::New => "is active",
        _ => "is not finished",
    };
    let title = shortened(&alert.title);
    match &alert.place {
        Some(place) => format!("alert \"{title}\" ({}, subscription {}) {what}", place.name(), place.subscription()),
        None => format!("alert \"{title}\" ({}) {what}", alert.id),
    }
}

fn shortened(title: &str) -> String {
    let mut short: String = title.chars().take(TITLE_LENGTH).collect();
    if short.len() < title.len() {
        short.push('…');
    }
    short.escape_debug().to_string()
}

const NAMED_ALERTS: usize = 5;
const TITLE_LENGTH: usize = 120;
