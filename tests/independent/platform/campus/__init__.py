"""What stands in for edx-platform around Open edX's LTI consumer: courses, people, blocks, grades."""
