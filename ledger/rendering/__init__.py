"""The books as files for people with a spreadsheet."""
