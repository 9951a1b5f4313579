//! The text form of a closing text's template: words, with places in braces.

use lockstep_core::{Comment, Piece};

/// Reads a template.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn read(text: &str) -> Result<Comment, String> {
    if text.trim().is_empty() || text.chars().count() > LENGTH {
        return Err(format!("a closing text has 1 to {LENGTH} characters"));
    }
    if let Some(char) = text.chars().find(|char| char.is_control() && *char != '\n') {
        return Err(format!("a closing text cannot hold the character {}", char.escape_debug()));
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        pieces.push(Piece::Text(before.to_owned()));
        if let Some(after) = ["{{", "}}"].iter().find_map(|twice| brace.strip_prefix(twice)) {
            pieces.push(Piece::Text(brace[..1].to_owned()));
            rest = after;
            continue;
        }
        let place = brace.strip_prefix('{').and_then(|brace| brace.split_once('}'));
        let (name, after) = place.ok_or("a brace stands alone; write {{ or }} for a brace itself")?;
        let known = Piece::PLACES.iter().find(|(known, _)| *known == name);
        let (_, piece) = known.ok_or_else(|| format!("{{{}}} is no place in a closing text", name.escape_debug()))?;
        pieces.push(piece.clone());
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(Comment::new(pieces))
}

/// The template as a file has it.
pub fn write(comment: &Comment) -> String {
    comment.pieces().iter().fold(String::new(), |mut whole, piece| {
        match Piece::PLACES.iter().find(|(_, place)| place == piece) {
            Some((name, _)) => whole.extend(["{", name, "}"]),
            None => {
                let Piece::Text(text) = piece else { return whole };
                whole.push_str(&text.replace('{', "{{").replace('}', "}}"));
            }
        }
        whole
    })
}

/// The places, for who names none of them.
pub const PLACES: &str = "the places are {alerts}, {acts}, {policy} and {rule}; write {{ for a brace itself";

/// Sentinel takes longer texts; this leaves room for what fills the places and for the mark at the end.
pub const LENGTH: usize = 500;
