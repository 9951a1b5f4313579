//! Templates from outside: what their expressions are, what they deploy, and what is refused in which words.

mod cloud;
mod expressions;
mod json;
mod templates;
mod workflows;
