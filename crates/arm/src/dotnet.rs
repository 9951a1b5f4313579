//! Texts as .NET formats them, since the service is written with it: `{0,5:D3}` and what stands behind the colon.
//!
//! Source: ".NET: Composite formatting", "Standard numeric format strings". What is not here is refused.

use serde_json::Value;

/// The text with `{n}`, `{n,width}` and `{n:format}` replaced by the values; `{{` and `}}` are braces.
pub(crate) fn format(text: &str, values: &[Value]) -> Result<String, String> {
    let mut formatted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        formatted.push_str(&rest[..brace]);
        let here = &rest[brace..];
        if here.starts_with("{{") || here.starts_with("}}") {
            formatted.push_str(&here[..1]);
            rest = &here[2..];
            continue;
        }
        let end = here.find('}').filter(|_| here.starts_with('{'));
        let end = end.ok_or_else(|| {
            format!("'{text}' is not a format: a brace stands alone. Braces that are text are doubled.")
        })?;
        formatted.push_str(&item(&here[1..end], values)?);
        rest = &here[end + 1..];
    }
    formatted.push_str(rest);
    Ok(formatted)
}

fn item(item: &str, values: &[Value]) -> Result<String, String> {
    let (place, spec) = item.split_once(':').unwrap_or((item, ""));
    let (index, width) = place.split_once(',').unwrap_or((place, "0"));
    let index: usize = index
        .trim()
        .parse()
        .map_err(|_| format!("'{{{item}}}' is not a place in a format: it begins with a number."))?;
    let width: i32 = width.trim().parse().map_err(|_| format!("'{{{item}}}' has a width that is not a number."))?;
    let value = values.get(index).ok_or_else(|| {
        format!("the format asks for the value '{index}', counted from 0, and '{}' were given.", values.len())
    })?;
    let text = match value {
        Value::Number(_) if !spec.is_empty() => number(value, spec)?,
        Value::Null => String::new(),
        Value::Bool(value) => String::from(if *value { "True" } else { "False" }),
        Value::String(text) => text.clone(),
        _ => value.to_string(),
    };
    let padding = usize::try_from(width.unsigned_abs())
        .unwrap_or_default()
        .min(1 << 14)
        .saturating_sub(text.encode_utf16().count());
    let blanks = " ".repeat(padding);
    Ok(if width < 0 { text + &blanks } else { blanks + &text })
}

/// A number in one of the standard formats: D, X, N, F; or in zeros, `000`.
pub(crate) fn number(value: &Value, spec: &str) -> Result<String, String> {
    const MOST_DIGITS: usize = 100;
    let unsupported =
        || format!("the format '{spec}' for numbers is not supported by this engine: D, F, N, X and zeros are.");
    let digits: Option<usize> =
        spec.get(1..).filter(|digits| !digits.is_empty()).map(str::parse).transpose().map_err(|_| unsupported())?;
    let zeros = spec.bytes().all(|byte| byte == b'0');
    if digits.is_some_and(|digits| digits > MOST_DIGITS) && !zeros || spec.len() > MOST_DIGITS {
        return Err(unsupported());
    }
    let integer = value.as_i64();
    let real = value.as_f64().unwrap_or_default();
    match (spec.chars().next().unwrap_or('G'), integer) {
        ('0', Some(integer)) if zeros => Ok(padded(integer, spec.len())),
        ('d' | 'D', Some(integer)) => Ok(padded(integer, digits.unwrap_or(0))),
        ('x', Some(integer)) => Ok(format!("{integer:0width$x}", width = digits.unwrap_or(0))),
        ('X', Some(integer)) => Ok(format!("{integer:0width$X}", width = digits.unwrap_or(0))),
        ('f' | 'F', _) => Ok(format!("{real:.precision$}", precision = digits.unwrap_or(2))),
        ('n' | 'N', _) => Ok(grouped(&format!("{real:.precision$}", precision = digits.unwrap_or(2)))),
        _ => Err(unsupported()),
    }
}

/// At least so many digits, the sign aside.
fn padded(integer: i64, width: usize) -> String {
    let sign = if integer < 0 { "-" } else { "" };
    format!("{sign}{:0width$}", integer.unsigned_abs())
}

/// Commas between groups of three digits in front of the point.
fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let (whole, fraction) = number.find('.').map_or((number, ""), |point| number.split_at(point));
    let first = whole.len() % 3;
    let mut groups: Vec<&str> = Vec::new();
    if first > 0 {
        groups.push(&whole[..first]);
    }
    groups.extend((first..whole.len()).step_by(3).map(|start| &whole[start..start + 3]));
    format!("{sign}{}{fraction}", groups.join(","))
}
