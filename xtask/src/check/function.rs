//! Where functions begin and end, also those that clippy does not see: what a macro wraps, such
//! as a component, and what is written by a macro.

use super::source::Source;

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`.
    pub first: usize,
    /// The line of its closing brace.
    pub last: usize,
}

/// Every function of a file with a body, those inside others among them.
pub fn all(source: &Source) -> Vec<Function> {
    let text: Vec<(usize, char)> = source
        .lines()
        .flat_map(|(line, code)| code.chars().chain(['\n']).map(move |letter| (line, letter)))
        .collect();
    (0..text.len()).filter_map(|at| begins(&text, at)).collect()
}

/// The function whose `fn` stands here.
fn begins(text: &[(usize, char)], at: usize) -> Option<Function> {
    let begins_word = at == 0 || !in_word(text[at - 1].1);
    let (first, rest) = (text[at].0, &text[at..]);
    if !begins_word
        || !matches!(rest, [(_, 'f'), (_, 'n'), (_, space), ..] if space.is_whitespace())
    {
        return None;
    }
    let after = rest[2..].iter().map(|(_, letter)| *letter);
    let name: String = after
        .skip_while(|letter| letter.is_whitespace())
        .take_while(|letter| in_word(*letter))
        .collect();
    let last = end(rest)?;
    (!name.is_empty()).then_some(Function { name, first, last })
}

/// The line of the brace that closes the body; none when a semicolon stands for the body.
fn end(text: &[(usize, char)]) -> Option<usize> {
    let (mut round, mut curly) = (0_usize, 0_usize);
    for (line, letter) in text {
        match letter {
            '(' | '[' => round += 1,
            ')' | ']' => round = round.saturating_sub(1),
            '{' => curly += 1,
            // The braces of a constant among the parameters close inside the parentheses.
            '}' => {
                curly = curly.saturating_sub(1);
                if curly == 0 && round == 0 {
                    return Some(*line);
                }
            }
            ';' if round == 0 && curly == 0 => return None,
            _ => {}
        }
    }
    None
}

fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize, usize)> {
        all(&Source::new("app/src/a.rs", text))
            .into_iter()
            .map(|function| (function.name, function.first, function.last))
            .collect()
    }

    #[test]
    fn functions_are_found_from_their_first_word_to_their_last_brace() {
        let text = "#[component]\npub fn Page(\n    at: [u8; 4],\n) -> impl IntoView {\n    view! { <p>{\"}\"}</p> }\n}\n\nmacro_rules! m { () => {\n    fn inner() { '}'; }\n} }\n";
        assert_eq!(
            found(text),
            [("Page".to_owned(), 2, 6), ("inner".to_owned(), 9, 9)]
        );
    }

    #[test]
    fn what_has_no_body_or_no_name_is_no_function() {
        let text = "trait A {\n    fn a(&self);\n}\ntype B = fn (u8) -> u8;\nconst C: fn() = c;\nlet fnord = 1;\n";
        assert_eq!(found(text), []);
    }

    #[test]
    fn a_function_inside_another_is_found_too() {
        assert_eq!(
            found("fn a() {\n    fn b() {\n    }\n}\n"),
            [("a".to_owned(), 1, 4), ("b".to_owned(), 2, 3)]
        );
    }
}
