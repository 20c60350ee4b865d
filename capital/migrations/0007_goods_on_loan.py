"""The accounts of goods lent and borrowed, also for pharmacies that have their chart already."""

from django.db import migrations, models

from capital.chart import CHART


def add_accounts(apps, schema_editor):
    account = apps.get_model('capital', 'Account')
    taken = set(account.objects.values_list('code', flat=True))
    roles = set(account.objects.values_list('role', flat=True))
    rows = [row for row in CHART if row.role in ('goods_lent', 'goods_borrowed') and row.role not in roles]
    account.objects.bulk_create(
        account(
            code=f'{row.code}-L' if row.code in taken else row.code,
            type=row.type.value,
            role=row.role.value,
            name=row.name,
            name_ar=row.name_ar,
            is_default=True,
        )
        for row in rows
    )


class Migration(migrations.Migration):

    dependencies = [
        ('capital', '0006_closing_and_approval'),
    ]

    operations = [
        migrations.AlterField(
            model_name='account',
            name='role',
            field=models.CharField(choices=[('cash', 'Cash'), ('bank', 'Bank'), ('receivable', 'Receivables'), ('stock', 'Stock'), ('supplier_advance', 'Advances to suppliers'), ('input_tax', 'Input tax'), ('goods_lent', 'Goods lent'), ('payable', 'Payables'), ('grni', 'Goods received, not yet invoiced'), ('customer_advance', 'Advances from customers'), ('output_tax', 'Output tax'), ('goods_borrowed', 'Goods borrowed'), ('opening_equity', 'Opening equity'), ('owner_capital', "Owner's capital"), ('owner_drawings', "Owner's drawings"), ('retained_earnings', 'Retained earnings'), ('revenue', 'Revenue'), ('sales_returns', 'Sales returns'), ('shrinkage_gain', 'Stock found'), ('bonus_received', 'Bonus received'), ('cogs', 'Cost of goods sold'), ('price_variance', 'Price variance'), ('shrinkage', 'Shrinkage'), ('expiry_loss', 'Expired goods'), ('delivery_expense', 'Delivery'), ('general_expense', 'General expense'), ('exchange_difference', 'Exchange differences'), ('rounding', 'Rounding'), ('cash_over_short', 'Cash over and short')], max_length=24, verbose_name='role'),
        ),
        migrations.AlterField(
            model_name='accountevent',
            name='role',
            field=models.CharField(choices=[('cash', 'Cash'), ('bank', 'Bank'), ('receivable', 'Receivables'), ('stock', 'Stock'), ('supplier_advance', 'Advances to suppliers'), ('input_tax', 'Input tax'), ('goods_lent', 'Goods lent'), ('payable', 'Payables'), ('grni', 'Goods received, not yet invoiced'), ('customer_advance', 'Advances from customers'), ('output_tax', 'Output tax'), ('goods_borrowed', 'Goods borrowed'), ('opening_equity', 'Opening equity'), ('owner_capital', "Owner's capital"), ('owner_drawings', "Owner's drawings"), ('retained_earnings', 'Retained earnings'), ('revenue', 'Revenue'), ('sales_returns', 'Sales returns'), ('shrinkage_gain', 'Stock found'), ('bonus_received', 'Bonus received'), ('cogs', 'Cost of goods sold'), ('price_variance', 'Price variance'), ('shrinkage', 'Shrinkage'), ('expiry_loss', 'Expired goods'), ('delivery_expense', 'Delivery'), ('general_expense', 'General expense'), ('exchange_difference', 'Exchange differences'), ('rounding', 'Rounding'), ('cash_over_short', 'Cash over and short')], max_length=24, verbose_name='role'),
        ),
        migrations.RunPython(add_accounts, migrations.RunPython.noop),
    ]
