//! Tables of text for people: columns aligned, numbers to the digits that are worth reading.

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows below a heading and a rule; each line ends without spaces.
pub fn table(headings: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headings[column].0.chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cells: Vec<String> = cells
            .iter()
            .zip(&widths)
            .zip(headings)
            .map(|((cell, &width), (_, align))| match align {
                Align::Left => format!("{cell:width$}"),
                Align::Right => format!("{cell:>width$}"),
            })
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let mut text = line(headings.iter().map(|(heading, _)| *heading).collect());
    text += &line(widths.iter().map(|&width| &RULE[..RULE.len().min(width)]).collect());
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// Longer than any column is worth.
const RULE: &str = "------------------------------------------------------------------------------------------";

/// A number to so many significant digits, thousands set apart: `17,100`, `0.0337`.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return String::new();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rounded first: 9.996 to three digits is 10.0, with one decimal fewer than its size before suggests.
    let rounded: f64 = format!("{value:.*e}", digits.max(1) - 1).parse().unwrap_or(value);
    #[expect(clippy::cast_possible_truncation, reason = "exponents of finite numbers are small")]
    let magnitude = rounded.abs().log10().floor() as i64;
    let decimals = usize::try_from(digits as i64 - 1 - magnitude).unwrap_or_default();
    let text = format!("{rounded:.decimals$}");
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_at(unsigned.find('.').unwrap_or(unsigned.len()));
    format!("{sign}{}{fraction}", grouped(whole))
}

/// A whole number, thousands set apart: `1,000,000`.
pub fn whole(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_significant_digits() {
        for (value, digits, text) in [
            (17_100.0, 3, "17,100"),
            (16_951.4, 4, "16,950"),
            (0.033_412, 3, "0.0334"),
            (9.996, 3, "10.0"),
            (-23.18, 3, "-23.2"),
            (1_234_567.0, 7, "1,234,567"),
            (0.0, 3, "0"),
            (f64::NAN, 3, ""),
        ] {
            assert_eq!(significant(value, digits), text);
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![vec!["a".to_owned(), "10".to_owned()], vec!["long".to_owned(), "5".to_owned()]];
        assert_eq!(
            table(&[("what", Align::Left), ("n", Align::Right)], &rows),
            "what   n\n----  --\na     10\nlong   5\n"
        );
    }
}
