//! Guids and their text form.

use std::fmt;

/// 128 bits in the order in which the text gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid([u8; 16]);

impl Guid {
    /// The guid of these bytes, in the order of the text form.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes in the order of the text form.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads 32 hexadecimal digits, with or without a hyphen after the 8th, 12th, 16th and 20th, with or without braces around.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
        let mut bytes = [0; 16];
        let mut digits = 0;
        let mut after_hyphen = false;
        for byte in text.bytes() {
            if byte == b'-' && matches!(digits, 8 | 12 | 16 | 20) && !after_hyphen {
                after_hyphen = true;
                continue;
            }
            let digit = char::from(byte).to_digit(16)? as u8;
            let place: &mut u8 = bytes.get_mut(digits / 2)?;
            *place = *place << 4 | digit;
            digits += 1;
            after_hyphen = false;
        }
        if digits != 32 {
            return None;
        }
        Some(Self(bytes))
    }
}

/// Lower-case, with hyphens.
impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Guid::parse(text).map(|guid| guid.to_string()).as_deref(), expected, "{text}");
        };
        let plain = "74be27de-1e4e-49d9-b579-fe0b331d3642";
        check(plain, Some(plain));
        check("74BE27DE1E4E49D9B579FE0B331D3642", Some(plain));
        check("{74be27de-1e4e-49d9-b579-fe0b331d3642}", Some(plain));
        check("74be27de1e4e-49d9-b579-fe0b331d3642", Some(plain));
        check("74be27de-1e4e-49d9-b579", None);
        check("74be27de--1e4e-49d9-b579-fe0b331d3642", None);
        check("74be27de+1e4e+49d9+b579+fe0b331d3642", None);
        check("", None);
    }
}
