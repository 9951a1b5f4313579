//! Templates from outside: what their expressions are, and what is refused in which words.

mod expressions;
mod json;
