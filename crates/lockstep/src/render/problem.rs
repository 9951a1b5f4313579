//! A problem as people read it: what was found, where, and what would work.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::safe;
use crate::problem::{Place, Problem};

/// The problem in several lines, with styles.
pub fn report(problem: &Problem) -> String {
    let message = safe(&problem.message);
    let label = problem.place.as_ref().map(|place| safe(&place.label).into_owned()).unwrap_or_default();
    let causes: Vec<_> = problem.causes.iter().map(|cause| format!("because {}", safe(cause))).collect();
    let hints: Vec<_> = problem.hints.iter().map(|hint| safe(hint).into_owned()).collect();

    let mut group = Group::with_title(Level::ERROR.primary_title(message));
    if let Some(place) = &problem.place {
        group = group.element(snippet(place, label));
    }
    group = group.elements(causes.into_iter().map(|cause| Level::NOTE.message(cause)));
    group = group.elements(hints.into_iter().map(|hint| Level::HELP.message(hint)));
    Renderer::styled().render(&[group])
}

fn snippet(place: &Place, label: String) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let end = place.span.end.min(place.text.len());
    let annotation = AnnotationKind::Primary.span(place.span.start.min(end)..end);
    let annotation = if label.is_empty() { annotation } else { annotation.label(label) };
    Snippet::source(&place.text).path(safe(&place.origin)).annotation(annotation)
}
