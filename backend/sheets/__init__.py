"""Tables as people keep them: CSV and XLSX files read without trust, and written so that no spreadsheet runs them.

`reading` opens a file as rows of text, `columns` knows what people call a column, `values` reads dates, weights and
codes out of cells, `writing` makes the files people take home.
"""
